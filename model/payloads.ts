import { z } from 'zod'

/**
 * The four native payloads, as devices send them. docs/payloads.md explains each with examples, which are tests.
 * These schemas judge shape only; times, units, ranges and places are judged by ingest/interpret/validate.ts, so that each
 * refusal has its own reason.
 */

/** `[longitude, latitude]` degrees WGS84, as GeoJSON writes it. */
export const positionSchema = z.tuple([z.number(), z.number()])

/** One reading on `devices/{id}/observations`, which takes one or an array of at most MAX_READINGS. */
export const observationSchema = z.object({
  observedProperty: z.string().min(1).max(64),
  result: z.union([z.number(), z.boolean(), z.string().max(64)]),
  /** UCUM; absent means the registry's canonical unit */
  unit: z.string().max(32).optional(),
  /** RFC 3339, or an interval `start/end` that is stored at its start; absent means: when the broker received it */
  phenomenonTime: z.string().max(81).optional(),
  resultTime: z.string().max(40).optional(),
  /** which datastream, when one device measures a property more than once */
  datastream: z.string().min(1).max(64).optional(),
  /** the sender's message id, to recognise repeats */
  id: z.string().max(128).optional(),
  /** where it was measured, when the device moves */
  location: positionSchema.optional(),
})
export type ObservationPayload = z.infer<typeof observationSchema>
export const MAX_READINGS = 1_000
/** Named datastreams (`datastream`) of one device: a sensor has a handful, a device gone mad invents one a message. */
export const MAX_DATASTREAMS = 256

const axis = z.array(z.number()).max(20_000)
const axes = z.object({ x: axis, y: axis, z: axis })

export const fixSchema = z.object({
  /** ms after startTime */
  t: z.number(),
  lng: z.number(),
  lat: z.number(),
  /** m/s; absent or negative: unknown */
  speed: z.number().optional(),
  /** degrees clockwise from north; absent or negative: unknown */
  heading: z.number().optional(),
  /** m, 1 sigma; absent: unknown */
  accuracy: z.number().optional(),
})

/** A chunk of a drive on `devices/{id}/drive`: 4 to 400 Hz, any mounting, gravity included. */
export const driveChunkSchema = z
  .object({
    drive: z.string().min(1).max(64),
    /** 0, 1, 2 … without gaps within a drive */
    chunk: z.number().int().min(0).max(100_000),
    /** true on the last chunk of the drive */
    last: z.boolean().optional(),
    startTime: z.string().max(40),
    /** Hz, when samples are evenly spaced from startTime */
    rate: z.number().min(1).max(1_000).optional(),
    /** ms after startTime of each sample, when they are not */
    offsets: z.array(z.number()).max(20_000).optional(),
    unit: z.enum(['m/s2', 'g']),
    acceleration: axes,
    /** rad/s, same length as acceleration */
    rotation: axes.optional(),
    fixes: z.array(fixSchema).max(5_000),
  })
  .refine((c) => c.rate !== undefined || c.offsets !== undefined, {
    message: 'rate or offsets is needed',
    path: ['rate'],
  })
/** Drives of one device that wait for detection; months of history of a busy vehicle fit. */
export const MAX_OPEN_DRIVES = 1_000
export type DriveChunkPayload = z.infer<typeof driveChunkSchema>

const settlementCellSchema = z.object({
  id: z.string().max(64),
  /** centre of the cell */
  lng: z.number(),
  lat: z.number(),
  /** m, side of the square cell */
  size: z.number().min(1).max(1_000),
  /** mm/yr, vertical, up positive */
  velocity: z.number(),
  velocityStd: z.number().optional(),
  /** mm */
  rmse: z.number().optional(),
  /** 0..1 */
  coherence: z.number().optional(),
  /** number of scatterers behind it */
  points: z.number().int().optional(),
})

const findingSchema = z.object({
  id: z.string().max(64),
  class: z.string().max(64),
  confidence: z.number().min(0).max(1),
  severity: z.enum(['L', 'M', 'E']).optional(),
  geometry: z.union([
    z.object({ type: z.literal('Point'), coordinates: positionSchema }),
    z.object({ type: z.literal('LineString'), coordinates: z.array(positionSchema).min(2).max(1_000) }),
    z.object({
      type: z.literal('Polygon'),
      coordinates: z.array(z.array(positionSchema).min(4).max(1_000)).min(1),
    }),
  ]),
  /** a page shows it as a link: never a scheme that a browser would run */
  picture: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .optional(),
})

/** `devices/{id}/inspection`: satellite-derived or visual inspection data. */
export const inspectionSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('settlement-cells'),
    provider: z.string().max(128),
    product: z.string().max(128),
    /** RFC 3339 or date, first and last acquisition */
    from: z.string().max(40),
    to: z.string().max(40),
    cells: z.array(settlementCellSchema).min(1).max(2_000),
  }),
  z.object({
    kind: z.literal('findings'),
    provider: z.string().max(128),
    source: z.enum(['satellite', 'vehicle-imagery', 'visual']),
    acquired: z.string().max(40),
    /** m per pixel */
    resolution: z.number().positive().optional(),
    findings: z.array(findingSchema).min(1).max(2_000),
  }),
])
export type InspectionPayload = z.infer<typeof inspectionSchema>

/** Messages of a history; what a store cannot hold exactly, or a sum over all devices, is no count. */
const backfillCount = z.number().int().min(0).max(1e9)

/** `devices/{id}/status`, retained; the last will says offline. */
export const statusSchema = z.object({
  state: z.enum(['online', 'offline']),
  time: z.string().max(40).optional(),
  firmware: z.string().max(64).optional(),
  /** a device that sends what it kept while it was away says how far it is */
  backfill: z.object({ sent: backfillCount, total: backfillCount }).optional(),
})
export type StatusPayload = z.infer<typeof statusSchema>

/** `devices/{id}/errors`, from us to the device. */
export const errorMessageSchema = z.object({
  code: z.string(),
  pointer: z.string(),
  expected: z.string(),
  got: z.string(),
  hint: z.string(),
  correlationId: z.string(),
  topic: z.string(),
  receivedAt: z.string(),
})
export type ErrorMessage = z.infer<typeof errorMessageSchema>
