import type { z } from 'zod'
import type { trialChangeSchema } from '../../model/desk.ts'
import type { Device, DeviceType } from '../../model/device.ts'
import type { DeviceRegister } from '../../store/records/devices.ts'

export type TrialChange = z.output<typeof trialChangeSchema>

/** Whose description is changed: all of a type, or these devices. */
export type Target = { typeId: string } | { deviceIds: ReadonlySet<string> }

/** Type of devices that have none, while a codec is tried on them. */
const NO_TYPE = 'no-type-yet'

/**
 * The register as it would be after a change: what is left out of the change stays as it is. Nothing is written.
 *
 * @param made a device that is not registered yet, for what a person pasted
 */
export function overlayRegister(
  base: DeviceRegister,
  change: TrialChange,
  target: Target,
  made?: Device,
): DeviceRegister {
  const ofType = 'typeId' in target
  const needsType = change.codec !== undefined || change.datastreams !== undefined
  const changed = new Map<Device, Device>()

  function applies(device: Device): boolean {
    return ofType ? device.typeId === target.typeId : target.deviceIds.has(device.id)
  }

  function overlaid(device: Device | undefined): Device | undefined {
    if (!device || !applies(device)) return device
    const known = changed.get(device)
    if (known) return known
    const type = device.typeId === null ? undefined : base.type(device.typeId)
    // What a device says for itself goes before its type, and would still do so after the type is saved.
    const own = (said: unknown, types: unknown) => ofType && said !== null && said !== types
    const next: Device = {
      ...device,
      ...(change.format === undefined ? {} : { format: change.format }),
      ...(change.mapping === undefined || own(device.mapping, type?.mapping)
        ? {}
        : { mapping: change.mapping }),
      ...(change.extraction === undefined || own(device.extraction, type?.extraction)
        ? {}
        : { extraction: change.extraction }),
      ...(needsType && device.typeId === null ? { typeId: NO_TYPE } : {}),
    }
    changed.set(device, next)
    return next
  }

  function overlaidType(id: string): DeviceType | undefined {
    const type = base.type(id)
    if (ofType ? id !== target.typeId : !needsType || !typesOf(target.deviceIds).has(id)) return type
    const start = type ?? blankType(id)
    return {
      ...start,
      ...(change.format === undefined ? {} : { format: change.format }),
      ...(change.codec === undefined ? {} : { codec: change.codec }),
      ...(change.mapping === undefined ? {} : { mapping: change.mapping }),
      ...(change.extraction === undefined ? {} : { extraction: change.extraction }),
      ...(change.datastreams === undefined ? {} : { datastreams: change.datastreams }),
    }
  }

  function typesOf(deviceIds: ReadonlySet<string>): Set<string> {
    return new Set([...deviceIds].map((id) => find(id)?.typeId ?? NO_TYPE))
  }

  const find = (id: string) => (made?.id === id ? made : base.get(id))

  return {
    ...base,
    get: (id) => overlaid(find(id)),
    byExternal: (bridgeId, externalId) => overlaid(base.byExternal(bridgeId, externalId)),
    type: overlaidType,
    declared(deviceId, name) {
      const device = find(deviceId)
      const declared =
        device && applies(device) ? change.datastreams?.find((d) => d.name === name) : undefined
      return declared ?? base.declared(deviceId, name)
    },
  }
}

function blankType(id: string): DeviceType {
  return {
    id,
    name: id,
    kind: 'sensor',
    format: 'native-json',
    codec: null,
    mapping: null,
    extraction: null,
    datastreams: [],
    expectedIntervalS: null,
    power: null,
    version: 0,
    createdAt: 0,
    updatedAt: 0,
  }
}
