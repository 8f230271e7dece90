import { useResource } from '../../client/resource.ts'
import type { Connection, Page } from '../../client/types.ts'
import { PlaceLink } from '../../parts/place-link.tsx'
import { Empty, Failed, Loading } from '../../parts/states.tsx'
import { useFormat } from '../../text/format.ts'
import { useLanguage, useText } from '../../text/language.ts'
import { refusalWords } from '../../text/refusals.ts'
import { NEW } from '../new.ts'
import { ConnectionState } from './connection-state.tsx'

const PATH = '/v1/connections'

/** Where Schouw listens or fetches by itself, and how that goes. */
export function ConnectionTable() {
  const t = useText()
  const f = useFormat()
  const language = useLanguage()
  const { data, error } = useResource<Page<Connection>>(PATH)
  return (
    <>
      <div className="toolbar">
        <p className="quiet">{t.desk.connection.intro}</p>
        <PlaceLink
          to={{ sel: { kind: 'connection', id: NEW } }}
          className="utrecht-button utrecht-button--primary-action toolbar-end"
        >
          {t.desk.connection.new}
        </PlaceLink>
      </div>
      {data ? null : error ? <Failed error={error} retry={PATH} /> : <Loading />}
      {data && data.items.length === 0 ? (
        <Empty text={t.desk.connection.none} hint={t.desk.connection.noneHint} />
      ) : null}
      {data && data.items.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="table-scroll" tabIndex={0} aria-label={t.desk.tab.connections}>
          <table className="utrecht-table utrecht-table--row-hover">
            <thead>
              <tr>
                <th scope="col">{t.device.name}</th>
                <th scope="col">{t.device.kind}</th>
                <th scope="col">{t.device.liveness}</th>
                <th scope="col">{t.device.lastMessage}</th>
                <th scope="col" className="numeric">
                  {t.desk.connection.received}
                </th>
                <th scope="col">{t.desk.connection.lastError}</th>
              </tr>
            </thead>
            <tbody>
              {data.items.map((connection) => {
                const { id, name, config, status } = connection
                return (
                  <tr key={id}>
                    <th scope="row">
                      <PlaceLink to={{ sel: { kind: 'connection', id } }}>{name}</PlaceLink>
                      <span className="cell-sub">{id}</span>
                    </th>
                    <td>{t.desk.connectionKind[config.kind]}</td>
                    <td>
                      <ConnectionState connection={connection} />
                    </td>
                    <td>
                      {status.lastMessageAt ? (
                        <time dateTime={status.lastMessageAt} title={f.dateTime(status.lastMessageAt)}>
                          {f.ago(status.lastMessageAt)}
                        </time>
                      ) : (
                        <span className="quiet">{t.device.never}</span>
                      )}
                    </td>
                    <td className="numeric">{f.number(status.received)}</td>
                    <td className="cell-text">
                      {status.lastError && status.lastErrorAt ? (
                        <>
                          {refusalWords(status.lastError, language)}{' '}
                          <span className="quiet">{f.ago(status.lastErrorAt)}</span>
                        </>
                      ) : null}
                    </td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </section>
      ) : null}
    </>
  )
}
