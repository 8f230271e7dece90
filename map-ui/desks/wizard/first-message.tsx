import { useResource } from '../../client/resource.ts'
import type { Device, DeviceType, Message } from '../../client/types.ts'
import { Loading } from '../../parts/states.tsx'
import { FirstReading } from './first-reading.tsx'
import { TeachMeaning } from './teach-meaning.tsx'

type Props = { device: Device; messages: readonly Message[]; startedAt: number | null }

/** What came in: understood, and then there is a reading; or not yet, and then a person says what it means. */
export function FirstMessage({ device, messages, startedAt }: Props) {
  const type = useResource<DeviceType>(
    device.typeId ? `/v1/device-types/${encodeURIComponent(device.typeId)}` : null,
  )
  const understood = device.accepted > 0 || messages.some((m) => m.verdict !== 'quarantined')
  if (understood) return <FirstReading device={device} messages={messages} startedAt={startedAt} />
  if (device.typeId && !type.data) return <Loading />
  return <TeachMeaning device={device} type={type.data ?? null} messages={messages} />
}
