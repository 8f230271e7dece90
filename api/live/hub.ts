import type { Response } from 'express'
import type { Change } from '../../model/api.ts'
import { type LiveFilter, liveKey } from '../../model/live.ts'
import { toRfc3339 } from '../../model/time.ts'
import type { Records } from '../../store/records/open.ts'
import type { ChangeRow, Mirror } from './mirror.ts'

/** Events that a client missed are sent again up to this many; beyond it the client reads everything anew. */
const RESUME_MAX = 1_000
const HEARTBEAT_MS = 15_000
/** A client that does not read: first it gets no more passing events, then it is let go (it comes back and resumes). */
const DROP_BYTES = 256 * 1024
const CLOSE_BYTES = 1024 * 1024

/** Server-sent events to the pages that are open (WHATWG HTML, 9.2). */
export type Hub = {
  /**
   * Answer a request with the stream.
   *
   * @param lastEventId of the Last-Event-ID header; undefined: from now on
   * @param options see StreamOptions
   */
  open(res: Response, lastEventId: number | undefined, options: StreamOptions): Promise<void>
  /** A passing event, without number: who misses it has missed nothing. */
  pass(kind: 'vehicle' | 'tiles', payload: string): void
  /** What came in, for those who look through the filter of this key. */
  passMessages(key: string, payload: string): void
  /** Through which filters somebody looks now. */
  watched(): LiveFilter[]
  /** Be told when somebody starts to look through a filter. */
  onWatch(listener: () => void): void
  /** Ask now whether each stream is still allowed: someone logged out, was disabled or got another role. */
  recheck(): Promise<void>
  /** open streams, those being opened too; of one person when `personId` is given */
  size(personId?: string): number
  close(): void
}

type StreamOptions = {
  personId: string
  /** a stream of messages, and of nothing else, through this filter */
  live?: LiveFilter
  /**
   * asked now and at each heartbeat: what the person may hear now, or undefined when the session ended, which ends the
   * stream
   */
  allowed: () => Promise<{ messages: boolean } | undefined>
}

type Client = {
  res: Response
  personId: string
  allowed: StreamOptions['allowed']
  messages: boolean
  live: LiveFilter | undefined
  key: string | undefined
  sentId: number
  timer: NodeJS.Timeout | undefined
}

export function createHub(deps: { records: Records; mirror: Mirror; heartbeatMs?: number }): Hub {
  const { records, mirror, heartbeatMs = HEARTBEAT_MS } = deps
  const clients = new Set<Client>()
  const opening = new Set<Client>()
  const watchListeners: (() => void)[] = []
  const missed = records.sqlite.prepare(
    'select id, at, kind, ref, data from change where id > ? order by id limit ?',
  )
  const oldest = records.sqlite.prepare('select coalesce(min(id), 0) as id from change')

  mirror.onChanges((rows, lost) => {
    const top = mirror.lastId()
    const readers = [...clients].filter((client) => client.key === undefined)
    if (lost || rows.length > RESUME_MAX) {
      for (const client of readers) write(client, reloadEvent(rows.at(-1)?.id ?? top))
      return
    }
    for (const client of readers) {
      const fresh = rows.filter((row) => row.id > client.sentId)
      if (fresh.length > 0) write(client, fresh.map(changeEvent).join(''), fresh.at(-1)?.id)
    }
  })

  function write(client: Client, text: string, id?: number): void {
    if (client.res.writableLength > CLOSE_BYTES) {
      drop(client)
      // Ending politely would keep what waits, and the connection, for as long as the other side does not read.
      client.res.destroy()
      return
    }
    if (id !== undefined) client.sentId = id
    client.res.write(text)
  }

  function drop(client: Client): void {
    clearInterval(client.timer)
    clients.delete(client)
    client.res.end()
  }

  async function check(client: Client): Promise<void> {
    try {
      const allowed = await client.allowed()
      if (allowed) client.messages = allowed.messages
      else drop(client)
    } catch {
      // The store is busy: asked again at the next beat.
    }
  }

  return {
    async open(res, lastEventId, options) {
      res.status(200)
      res.set({
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-store',
        Connection: 'keep-alive',
        'X-Accel-Buffering': 'no',
      })
      res.flushHeaders()
      const client: Client = {
        res,
        personId: options.personId,
        allowed: options.allowed,
        messages: false,
        live: options.live,
        key: options.live && liveKey(options.live),
        sentId: 0,
        timer: undefined,
      }
      // Counted from the first moment, and forgotten when the page goes away while it is being opened.
      opening.add(client)
      res.on('close', () => drop(client))
      try {
        await mirror.sync()
        client.messages = (await client.allowed())?.messages ?? false
      } finally {
        opening.delete(client)
      }
      if (res.writableEnded || res.closed || res.destroyed) return
      const now = mirror.lastId()
      client.sentId = now
      client.timer = setInterval(() => {
        res.write(': still here\n\n')
        void check(client)
      }, heartbeatMs)
      // An id without data sets Last-Event-ID in the browser and fires nothing: it can resume from the first moment.
      const resume =
        client.key === undefined ? resumeText(lastEventId, now) || `id: ${now}\n\n` : ': looking\n\n'
      res.write(`retry: 2000\n${resume}`)
      clients.add(client)
      if (client.key !== undefined) for (const listener of watchListeners) listener()
    },
    pass(kind, payload) {
      // One line of JSON: a line break in it would end the field.
      const text = `event: ${kind}\ndata: ${payload.replaceAll(/[\r\n]+/g, ' ')}\n\n`
      for (const client of clients) {
        if (client.key === undefined && client.res.writableLength < DROP_BYTES) client.res.write(text)
      }
    },
    passMessages(key, payload) {
      const text = `event: messages\ndata: ${payload.replaceAll(/[\r\n]+/g, ' ')}\n\n`
      for (const client of clients) {
        if (client.key !== key || !client.messages) continue
        if (client.res.writableLength < DROP_BYTES) client.res.write(text)
      }
    },
    watched: () => [...clients].flatMap((client) => (client.live && client.messages ? [client.live] : [])),
    onWatch: (listener) => void watchListeners.push(listener),
    async recheck() {
      await Promise.all([...clients].map(check))
    },
    size: (personId) => {
      const all = [...clients, ...opening]
      return personId === undefined ? all.length : all.filter((one) => one.personId === personId).length
    },
    close() {
      for (const client of [...clients, ...opening]) drop(client)
    },
  }

  function resumeText(lastEventId: number | undefined, now: number): string {
    if (lastEventId === undefined || lastEventId === now) return ''
    const first = (oldest.get() as { id: number }).id
    // Ahead of us: another data folder. Behind the oldest: what came between was cleaned away.
    if (lastEventId > now || lastEventId < first - 1) return reloadEvent(now)
    const rows = missed.all(lastEventId, RESUME_MAX + 1) as ChangeRow[]
    if (rows.length > RESUME_MAX) return reloadEvent(now)
    return rows
      .filter((row) => row.id <= now)
      .map(changeEvent)
      .join('')
  }
}

function reloadEvent(id: number): string {
  return `id: ${id}\nevent: reload\ndata: {}\n\n`
}

function changeEvent(row: ChangeRow): string {
  return `id: ${row.id}\nevent: change\ndata: ${JSON.stringify(toChange(row))}\n\n`
}

function toChange(row: ChangeRow): Change {
  return {
    id: row.id,
    at: toRfc3339(row.at),
    kind: row.kind as Change['kind'],
    ref: row.ref,
    data: parseData(row.data),
  }
}

function parseData(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
