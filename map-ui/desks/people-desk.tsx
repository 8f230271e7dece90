import { useState } from 'react'
import { ROLES, type Role } from '../../model/case.ts'
import { useAction } from '../client/action.ts'
import { fetchOrThrow } from '../client/fetch.ts'
import { useMe } from '../client/me.ts'
import { invalidate, useResource } from '../client/resource.ts'
import type { Person } from '../client/types.ts'
import { Button } from '../parts/button.tsx'
import { Copy } from '../parts/copy.tsx'
import { Popup } from '../parts/dialog.tsx'
import { SELECT } from '../parts/field.tsx'
import { Alert, Empty, Failed, Loading, wordsOf } from '../parts/states.tsx'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'
import { InvitePerson } from './invite-person.tsx'

/** Who may use Schouw, as what. */
export function PeopleDesk() {
  const t = useText()
  const { data, error, loading } = useResource<{ items: Person[] }>('/v1/people')
  const [inviting, setInviting] = useState(false)
  const [link, setLink] = useState('')
  const items = data?.items ?? []
  return (
    <div className="page" id="list" tabIndex={-1}>
      <div className="page-main">
        <header className="page-head">
          <h1>{t.people.title}</h1>
          <Button look="primary" icon="plus" onClick={() => setInviting(true)}>
            {t.people.invite}
          </Button>
        </header>
        {error && !data ? <Failed error={error} retry="/v1/people" /> : null}
        {loading && !data ? <Loading /> : null}
        {data && items.length === 0 ? <Empty text={t.people.empty} /> : null}
        {items.length > 0 ? <PeopleTable items={items} onLink={setLink} /> : null}
      </div>
      <InvitePerson open={inviting} onClose={() => setInviting(false)} onLink={setLink} />
      <Popup title={t.people.linkTitle} open={link !== ''} onClose={() => setLink('')} wide>
        <div className="form">
          <Alert kind="warning">{t.people.linkOnce}</Alert>
          <Copy label={t.people.link} value={new URL(link || '/', window.location.origin).href} multiline />
        </div>
      </Popup>
    </div>
  )
}

function PeopleTable({ items, onLink }: { items: readonly Person[]; onLink: (link: string) => void }) {
  const t = useText()
  const action = useAction(async (work: () => Promise<void>) => {
    await work()
    invalidate('/v1/people')
  })
  return (
    <>
      {action.error ? <Alert kind="error">{wordsOf(action.error, t)}</Alert> : null}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-scroll" tabIndex={0} aria-label={t.people.title}>
        <table className="utrecht-table utrecht-table--row-hover table-people">
          <thead>
            <tr>
              <th scope="col">{t.people.name}</th>
              <th scope="col">{t.people.role}</th>
              <th scope="col">{t.people.team}</th>
              <th scope="col">{t.people.state}</th>
              <th scope="col">{t.people.created}</th>
              <th scope="col">{t.people.actions}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((person) => (
              <PersonRow
                key={person.id}
                person={person}
                busy={action.busy}
                run={action.run}
                onLink={onLink}
              />
            ))}
          </tbody>
        </table>
      </section>
    </>
  )
}

type RowProps = {
  person: Person
  busy: boolean
  run: (work: () => Promise<void>) => Promise<boolean>
  onLink: (link: string) => void
}

function PersonRow({ person, busy, run, onLink }: RowProps) {
  const t = useText()
  const f = useFormat()
  const me = useMe()
  const path = `/v1/people/${encodeURIComponent(person.id)}`
  const patch = (body: { role?: Role; disabled?: boolean }) =>
    void run(async () => {
      await fetchOrThrow(path, { method: 'PATCH', body })
    })
  const reset = () =>
    void run(async () => {
      const { link } = await fetchOrThrow<{ link: string }>(`${path}/resets`, { method: 'POST' })
      onLink(link)
    })
  const own = person.id === me.id
  return (
    <tr>
      <th scope="row">
        {person.name}
        <span className="cell-sub">{person.login}</span>
      </th>
      <td>
        <select
          className={SELECT}
          aria-label={t.people.roleOf(person.name)}
          value={person.role}
          disabled={busy || own}
          onChange={(e) => patch({ role: e.target.value as Role })}
        >
          {ROLES.map((role) => (
            <option key={role} value={role}>
              {t.role[role]}
            </option>
          ))}
        </select>
      </td>
      <td>{person.team || '–'}</td>
      <td>
        <span className={`badge badge--person-${person.state}`}>{t.people.states[person.state]}</span>
      </td>
      <td>
        <time dateTime={person.createdAt}>{f.date(person.createdAt)}</time>
      </td>
      <td>
        <span className="actions-row">
          <Button look="subtle" busy={busy} aria-label={`${t.people.reset}: ${person.name}`} onClick={reset}>
            {t.people.reset}
          </Button>
          {own ? null : (
            <Button
              look="subtle"
              busy={busy}
              aria-label={`${person.state === 'disabled' ? t.people.enable : t.people.disable}: ${person.name}`}
              onClick={() => patch({ disabled: person.state !== 'disabled' })}
            >
              {person.state === 'disabled' ? t.people.enable : t.people.disable}
            </Button>
          )}
        </span>
      </td>
    </tr>
  )
}
