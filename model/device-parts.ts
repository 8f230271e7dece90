import { z } from 'zod'
import { TIME_FORMATS } from './device.ts'

/** Parts of a device that the API shows with the device itself and with its type. */
const path = z.string().min(1).max(200)

export const fieldMappingSchema = z.object({
  observedProperty: z.string().min(1).max(64),
  unit: z.string().max(32).optional(),
  datastream: z.string().min(1).max(64).optional(),
})
export const mappingSchema = z
  .record(path, fieldMappingSchema)
  .refine((m) => Object.keys(m).length <= 128, { message: 'at most 128 fields' })
export const extractionSchema = z.object({
  items: path.optional(),
  time: path.optional(),
  timeFormat: z.enum(TIME_FORMATS).optional(),
  timeZone: z.string().max(64).optional(),
  id: path.optional(),
  lng: path.optional(),
  lat: path.optional(),
  device: path.optional(),
})
export const declaredDatastreamSchema = z.object({
  /** the property's name, or `property/name` */
  name: z.string().min(1).max(129),
  observedProperty: z.string().min(1).max(64),
  unit: z.string().max(32).optional(),
  detectionLimit: z.number().optional(),
  saturation: z.number().optional(),
})

export const HEALTH_KINDS = [
  'never',
  'late',
  'offline',
  'unknown',
  'flapping',
  'low_battery',
  'lost_frames',
  'clock_stale',
  'clock_jumping',
] as const
export type HealthKind = (typeof HEALTH_KINDS)[number]
export const healthIssueSchema = z.object({
  kind: z.enum(HEALTH_KINDS),
  detail: z.string(),
  since: z.iso.datetime().nullable(),
})
