import { useResource } from '../../client/resource.ts'
import type { DeviceType } from '../../client/types.ts'
import { Failed, Loading } from '../../parts/states.tsx'
import { useText } from '../../text/language.ts'
import { NEW } from '../new.ts'
import { ThingHead } from '../thing-head.tsx'
import { TypeEditor } from './type-editor.tsx'

/** One type, or a new one. */
export function TypePage({ id }: { id: string }) {
  const t = useText()
  const isNew = id === NEW
  const path = `/v1/device-types/${encodeURIComponent(id)}`
  const { data: type, error } = useResource<DeviceType>(isNew ? null : path)
  return (
    <article className="thing">
      {type ? (
        <ThingHead
          kicker={
            <>
              {t.desk.type.one} · <code>{type.id}</code>
            </>
          }
          title={type.name}
        />
      ) : (
        <ThingHead kicker={t.desk.type.one} title={isNew ? t.desk.type.new : id} />
      )}
      {isNew ? <TypeEditor type={null} /> : null}
      {type?.suspended ? (
        <p className="badge badge--bad">{t.desk.type.suspendedFor[type.suspended.reason]}</p>
      ) : null}
      {/* Loaded once: what another person saves meanwhile must not overwrite what is being typed here. */}
      {type ? <TypeEditor type={type} /> : null}
      {type || isNew ? null : error ? <Failed error={error} retry={path} /> : <Loading />}
    </article>
  )
}
