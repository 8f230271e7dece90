import { useResource } from '../../client/resource.ts'
import type { DeviceType, Page } from '../../client/types.ts'
import { PlaceLink } from '../../parts/place-link.tsx'
import { Empty, Failed, Loading } from '../../parts/states.tsx'
import { useFormat } from '../../text/format.ts'
import { useText } from '../../text/language.ts'
import { NEW } from '../new.ts'

const PATH = '/v1/device-types?limit=200'

/** What devices of one make have in common, once for all of them. */
export function TypeTable() {
  const t = useText()
  const f = useFormat()
  const { data, error } = useResource<Page<DeviceType>>(PATH)
  return (
    <>
      <div className="toolbar">
        <p className="quiet">{t.desk.type.intro}</p>
        <PlaceLink
          to={{ sel: { kind: 'type', id: NEW } }}
          className="utrecht-button utrecht-button--primary-action toolbar-end"
        >
          {t.desk.type.new}
        </PlaceLink>
      </div>
      {data ? null : error ? <Failed error={error} retry={PATH} /> : <Loading />}
      {data && data.items.length === 0 ? <Empty text={t.desk.type.none} hint={t.desk.type.noneHint} /> : null}
      {data && data.items.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="table-scroll" tabIndex={0} aria-label={t.desk.tab.types}>
          <table className="utrecht-table utrecht-table--row-hover">
            <thead>
              <tr>
                <th scope="col">{t.desk.type.name}</th>
                <th scope="col">{t.device.kind}</th>
                <th scope="col">{t.device.format}</th>
                <th scope="col">{t.desk.type.reads}</th>
                <th scope="col" className="numeric">
                  {t.device.devices}
                </th>
                <th scope="col">{t.desk.type.changed}</th>
              </tr>
            </thead>
            <tbody>
              {data.items.map((type) => (
                <tr key={type.id}>
                  <th scope="row">
                    <PlaceLink to={{ sel: { kind: 'type', id: type.id } }}>{type.name}</PlaceLink>
                    <span className="cell-sub">{type.id}</span>
                  </th>
                  <td>{t.deviceKind[type.kind]}</td>
                  <td>{t.format[type.format]}</td>
                  <td>
                    {type.codec ? <span className="badge">{t.desk.codec.title}</span> : null}{' '}
                    {type.suspended ? (
                      <span className="badge badge--bad">{t.desk.type.suspended}</span>
                    ) : null}{' '}
                    {type.mapping ? t.desk.type.fields(Object.keys(type.mapping).length) : null}
                  </td>
                  <td className="numeric">
                    <PlaceLink
                      to={{ tab: 'devices', sel: null, typeId: type.id, liveness: '', deviceKind: '', q: '' }}
                    >
                      {f.number(type.devices)}
                    </PlaceLink>
                  </td>
                  <td>
                    <time dateTime={type.updatedAt}>{f.ago(type.updatedAt)}</time>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
    </>
  )
}
