import type { DatabaseSync } from 'node:sqlite'

/** As many of one sender are kept; the one that was longest not repeated makes room, first those that cannot be used. */
const MAX_PER_SENDER = 500

/** What a sender announces, as it is written down. `proposal` null: it takes the announcement back. */
type Announced = {
  topic: string
  component: string
  uniqueId: string
  payload: string
  proposal: { problems: readonly string[] } | null
}

type Known = { id: number; state: string; payload: string }

/**
 * The table `announcement`, as ingest writes it, inside the caller's transaction. An announcement that comes again as it
 * was keeps what a person decided; one that says something else is a proposal again.
 */
export function openAnnouncements(sqlite: DatabaseSync) {
  const known = sqlite.prepare(
    'select id, state, payload from announcement where sender_id = ? and topic = ?',
  )
  const insert = sqlite.prepare(
    `insert into announcement (sender_id, topic, component, unique_id, payload, proposal, state, first_at, last_at)
     values (?, ?, ?, ?, ?, ?, 'proposed', ?, ?)`,
  )
  const update = sqlite.prepare(
    `update announcement set component = ?, unique_id = ?, payload = ?, proposal = ?, state = ?, last_at = ?,
       decided_by = case when ?5 = state then decided_by end, decided_at = case when ?5 = state then decided_at end
     where id = ?`,
  )
  const setState = sqlite.prepare('update announcement set state = ?, last_at = ? where id = ?')
  const makeRoom = sqlite.prepare(
    `delete from announcement where id in (select id from announcement where sender_id = ?
       order by case when state = 'removed' then 0 when state = 'declined' then 1
         when state = 'proposed' and json_array_length(proposal, '$.problems') > 0 then 2
         when state = 'proposed' then 3 else 4 end, last_at, id
       limit max(0, (select count(*) from announcement where sender_id = ?1) - ${MAX_PER_SENDER}))`,
  )

  return {
    /** @returns the announcement and whether something is new about it; undefined when there is nothing to write */
    take(
      senderId: string,
      announced: Announced,
      at: number,
    ): { id: number; state: string; news: boolean } | undefined {
      const { topic, component, uniqueId, payload, proposal } = announced
      const before = known.get(senderId, topic) as Known | undefined
      if (proposal === null) {
        if (!before || before.state === 'removed') return undefined
        setState.run('removed', at, before.id)
        return { id: before.id, state: 'removed', news: true }
      }
      const written = JSON.stringify(proposal)
      if (!before) {
        const { lastInsertRowid } = insert.run(senderId, topic, component, uniqueId, payload, written, at, at)
        makeRoom.run(senderId)
        return { id: Number(lastInsertRowid), state: 'proposed', news: true }
      }
      const same = before.payload === payload
      const state = same && before.state !== 'removed' ? before.state : 'proposed'
      update.run(component, uniqueId, payload, written, state, at, before.id)
      return { id: before.id, state, news: !same || state !== before.state }
    },
  }
}

export type AnnouncementState = 'proposed' | 'accepted' | 'declined' | 'removed'
/** One announcement as it was sent. Times are epoch ms. */
export type StoredAnnouncement = {
  id: number
  senderId: string
  topic: string
  component: string
  uniqueId: string
  state: AnnouncementState
  firstAt: number
  lastAt: number
  payload: string
}

const COLUMNS = `id, sender_id as senderId, topic, component, unique_id as uniqueId, state, first_at as firstAt,
  last_at as lastAt, payload`

/** Announcements of a state, those of one sender and device together: by sender, then topic. */
export function listAnnouncements(
  sqlite: DatabaseSync,
  filter: { state?: string | undefined; senderId?: string | undefined },
  page: { after: { senderId: string; topic: string } | null; limit: number },
): { items: StoredAnnouncement[]; total: number } {
  const where = '(?1 is null or state = ?1) and (?2 is null or sender_id = ?2)'
  const values = [filter.state ?? null, filter.senderId ?? null] as const
  const { n } = sqlite.prepare(`select count(*) as n from announcement where ${where}`).get(...values) as {
    n: number
  }
  const items = sqlite
    .prepare(
      `select ${COLUMNS} from announcement where ${where} and (?3 is null or (sender_id, topic) > (?3, ?4))
       order by sender_id, topic limit ?5`,
    )
    .all(...values, page.after?.senderId ?? null, page.after?.topic ?? null, page.limit)
  return { items: items as StoredAnnouncement[], total: n }
}

export function findAnnouncement(sqlite: DatabaseSync, id: number): StoredAnnouncement | undefined {
  return sqlite.prepare(`select ${COLUMNS} from announcement where id = ?`).get(id) as
    | StoredAnnouncement
    | undefined
}

/** Write down what a person decided of announcements as they were; one that says something else by now is left as it is. */
export function decideAnnouncements(
  sqlite: DatabaseSync,
  announcements: readonly Pick<StoredAnnouncement, 'id' | 'payload'>[],
  decision: { state: 'accepted' | 'declined'; by: string; at: number },
): void {
  sqlite
    .prepare(
      `update announcement set state = ?, decided_by = ?, decided_at = ?
       where (id, payload) in (select value ->> 'id', value ->> 'payload' from json_each(?))`,
    )
    .run(
      decision.state,
      decision.by,
      decision.at,
      JSON.stringify(announcements.map(({ id, payload }) => ({ id, payload }))),
    )
}
