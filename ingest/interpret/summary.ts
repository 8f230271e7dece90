import type { Device } from '../../model/device.ts'
import type { Verdict } from '../../store/records/messages.ts'
import type { Interpreted } from './interpret.ts'

/** Was the message taken whole, in part, or not at all? Of one that speaks for several devices also: as far as one is concerned. */
export function verdictOf(found: Interpreted, device?: Device): Verdict {
  if (device && found.refusedOf) {
    if (!found.refusedOf.has(device.id)) return 'accepted'
    return found.readings.some((reading) => reading.deviceId === device.id) ? 'partly' : 'quarantined'
  }
  if (found.rejections.length === 0) return 'accepted'
  return found.readings.length > 0 || found.inspection !== null ? 'partly' : 'quarantined'
}

/** One line on what a message held, for whoever is connecting a device. At most some 200 characters. */
export function summarize(found: Interpreted): string {
  const parts: string[] = []
  if (found.readings.length === 1) {
    const r = found.readings[0]
    if (r) parts.push(`${r.datastream.toWellFormed()} ${r.value}`)
  } else if (found.readings.length > 1) parts.push(`${found.readings.length} readings`)
  if (found.drive) {
    const { stored } = found.drive
    parts.push(
      `drive ${stored.driveId}, chunk ${stored.chunk}${stored.last ? ' (last)' : ''}, ${stored.samples} samples`,
    )
  }
  if (found.inspection) {
    const { inspection } = found
    parts.push(
      inspection.kind === 'findings'
        ? `${inspection.findings.length} findings`
        : `${inspection.cells.length} cells`,
    )
  }
  if (found.status) parts.push(`status ${found.status.state}`)
  if (found.announcement) {
    const { proposal, topic } = found.announcement
    parts.push(
      proposal
        ? `announces ${proposal.deviceName}: ${proposal.field}`
        : `takes back its announcement ${topic}`,
    )
  }
  if (found.rejections.length > 0) {
    const [first] = found.rejections
    const more = found.rejections.length > 1 ? ` and ${found.rejections.length - 1} more` : ''
    parts.push(`refused: ${first?.code} at ${first?.pointer === '' ? 'the whole' : first?.pointer}${more}`)
  }
  if (found.devices.length > 1) parts.unshift(`${found.devices.length} devices`)
  if (found.warnings.length > 0) parts.push(`warning: ${found.warnings.slice(0, 2).join('; ')}`)
  if (found.ignored.length > 0) parts.push(`not mapped: ${found.ignored.slice(0, 8).join(', ')}`)
  const text = parts.length > 0 ? parts.join('; ') : 'nothing to store'
  return (text.length > 200 ? `${text.slice(0, 199)}…` : text).toWellFormed()
}
