import type { QuarantineFilter, QuarantineItem } from '../../client/types.ts'
import { PlaceLink } from '../../parts/place-link.tsx'
import { Alert } from '../../parts/states.tsx'
import { useText } from '../../text/language.ts'
import { ReplayButton } from '../editor/replay.tsx'

/** Devices that a bridge spoke for and nobody registered: the names that it gave them, each with the way to the wizard. */
export function RegisterUnknown({
  items,
  filter,
}: {
  items: readonly QuarantineItem[]
  filter: QuarantineFilter
}) {
  const t = useText()
  const names = new Map<string, { bridge: string; name: string; count: number }>()
  for (const item of items) {
    for (const rejection of item.rejections.filter((r) => r.code === 'unknown_device')) {
      // A network server knows a device by several names: the first is the one that people gave it.
      const name = rejection.got.replace(/^"|"$/g, '').split(' or ')[0] ?? ''
      const key = `${item.deviceId}:${name}`
      names.set(key, { bridge: item.deviceId, name, count: (names.get(key)?.count ?? 0) + 1 })
    }
  }
  return (
    <Alert kind="info">
      <p>{t.desk.repair.unknown}</p>
      <ul className="plain-list">
        {[...names.values()].slice(0, 20).map(({ bridge, name, count }) => (
          <li key={`${bridge}:${name}`}>
            <code>{name}</code> <span className="quiet">{t.desk.repair.unknownCount(bridge, count)}</span>
            <PlaceLink to={{ tab: 'new', sel: null, part: '', deviceId: `${bridge}/${name}` }}>
              {t.device.register}
            </PlaceLink>
          </li>
        ))}
      </ul>
      <ReplayButton filter={{ ...filter, code: 'unknown_device' }} count={items.length} />
    </Alert>
  )
}
