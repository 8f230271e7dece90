import type { Step } from '../../model/desk.ts'
import type { Device, DeviceType, PayloadFormat } from '../../model/device.ts'
import { qualityFlags } from '../../model/quality.ts'
import type { CodecOutcome, Decoded, DecodedObservation, DecodedPart } from '../decode/decoder.ts'
import type { MappedField } from '../decode/mapping.ts'
import type { Interpreted } from './interpreted.ts'

/** What each step of interpretation did, for a person who opens a message. */

export function decodeStep(format: PayloadFormat, { parts, rejections }: Decoded): Step {
  const observations = parts.reduce((n, part) => n + part.observations.length, 0)
  const withFields = parts.filter((part) => part.fields).length
  const withBytes = parts.filter((part) => part.uplink && !part.fields).length
  const what = [
    observations > 0 ? `${observations} ${plural(observations, 'reading', 'readings')}` : '',
    withFields > 0 ? `${withFields} decoded ${plural(withFields, 'object', 'objects')}` : '',
    withBytes > 0 ? `${withBytes} × radio bytes` : '',
  ].filter((text) => text !== '')
  const refused = rejections.length > 0
  return {
    step: 'decode',
    verdict: refused ? (parts.length > 0 && what.length > 0 ? 'warning' : 'refused') : 'ok',
    detail: `${format}: ${what.length > 0 ? what.join(', ') : 'no reading'}${refused ? `; ${rejections.length} refused` : ''}`,
    data: parts.slice(0, 50).map(shown),
  }
}

function shown(part: DecodedPart): Record<string, unknown> {
  const { uplink, observations, fields, normalized, ...rest } = part
  return {
    ...rest,
    ...(observations.length > 0 ? { observations: observations.slice(0, 50).map((o) => o.observation) } : {}),
    ...(fields ? { fields: fields.value } : {}),
    ...(uplink ? { uplink: { hex: hexOf(uplink.bytes), fPort: uplink.fPort } } : {}),
    ...(normalized ? { normalized: normalized.value } : {}),
  }
}

export function codecStep(
  type: Pick<DeviceType, 'id' | 'version'>,
  input: { bytes: Uint8Array; fPort: number },
  outcome: CodecOutcome,
): Step {
  const what = `codec of ${type.id}, version ${type.version}, port ${input.fPort}`
  const data = {
    input: { hex: hexOf(input.bytes), fPort: input.fPort },
    ...(outcome.ok ? { data: outcome.data, normalized: outcome.normalized } : { message: outcome.message }),
    warnings: outcome.warnings,
  }
  if (!outcome.ok) return { step: 'codec', verdict: 'refused', detail: `${what}: ${outcome.message}`, data }
  return outcome.warnings.length > 0
    ? { step: 'codec', verdict: 'warning', detail: `${what}: ${outcome.warnings.join('; ')}`, data }
    : { step: 'codec', verdict: 'ok', detail: what, data }
}

export function mapStep(device: Device, mapped: readonly MappedField[], ignored: readonly string[]): Step {
  const rest = ignored.length > 0 ? `; nobody mapped ${ignored.slice(0, 8).join(', ')}` : ''
  return {
    step: 'map',
    verdict: mapped.length > 0 ? 'ok' : 'refused',
    detail: `${device.id}: ${mapped.length} ${plural(mapped.length, 'field', 'fields')}${rest}`,
    data: {
      mapped: mapped.map(({ field, target, result, unit }) => ({
        field,
        result,
        observedProperty: target.observedProperty,
        ...(unit === undefined ? {} : { unit }),
        ...(target.datastream === undefined ? {} : { datastream: target.datastream }),
      })),
      ignored,
    },
  }
}

export function normalizedStep(device: Device, readings: readonly DecodedObservation[]): Step {
  return {
    step: 'map',
    verdict: readings.length > 0 ? 'ok' : 'skipped',
    detail: `${device.id}: ${readings.length} of the normalised payload`,
    data: readings.map((reading) => reading.observation),
  }
}

/** Validation and quality, of all readings together. */
export function judgeSteps(found: Interpreted, refusedBefore: number): Step[] {
  const taken = found.readings.length
  const refused = found.rejections.length - refusedBefore
  if (taken + refused === 0) return []
  const validate: Step = {
    step: 'validate',
    verdict: refused === 0 ? 'ok' : taken > 0 ? 'warning' : 'refused',
    detail: `${taken} ${plural(taken, 'reading', 'readings')} taken, ${refused} refused`,
  }
  if (taken === 0) return [validate]
  const flags = new Set(found.readings.flatMap((reading) => qualityFlags(reading.quality)))
  const qualify: Step = {
    step: 'qualify',
    verdict: flags.size > 0 ? 'warning' : 'ok',
    detail: flags.size > 0 ? [...flags].join(', ') : 'nothing to remark',
  }
  return [validate, qualify]
}

function plural(n: number, one: string, many: string): string {
  return n === 1 ? one : many
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}
