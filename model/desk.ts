import { z } from 'zod'
import { nameSchema, quarantineSchema } from './api.ts'
import { DEVICE_KINDS, PAYLOAD_FORMATS } from './device.ts'
import { declaredDatastreamSchema, extractionSchema, mappingSchema } from './device-parts.ts'
import { REJECT_CODES } from './reject.ts'
import { SUSPENDED_FOR } from './suspension.ts'

export {
  declaredDatastreamSchema,
  extractionSchema,
  healthIssueSchema,
  mappingSchema,
} from './device-parts.ts'

/** What the API says and takes at the integrator's desk. Same rules as model/api.ts. */
const time = z.iso.datetime()
const nullableTime = time.nullable()

// ---- types: what devices of one make have in common

export const CODEC_MAX = 64 * 1024

export const deviceTypeCreateSchema = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/),
  name: nameSchema,
  kind: z.enum(DEVICE_KINDS).default('sensor'),
  format: z.enum(PAYLOAD_FORMATS),
  codec: z.string().max(CODEC_MAX).nullable().default(null),
  mapping: mappingSchema.nullable().default(null),
  extraction: extractionSchema.nullable().default(null),
  datastreams: z.array(declaredDatastreamSchema).max(128).default([]),
  expectedIntervalS: z.number().positive().nullable().default(null),
  power: z.enum(['mains', 'battery']).nullable().default(null),
})
/** PUT with If-Match: the whole of it but its id. */
export const deviceTypeChangeSchema = deviceTypeCreateSchema.omit({ id: true })
export const deviceTypeSchema = deviceTypeCreateSchema.extend({
  /** how many devices are of it */
  devices: z.number().int(),
  version: z.number().int(),
  /** since when and why its codec is not run; null: it is. Any change of the type tries it again */
  suspended: z.object({ at: time, reason: z.enum(SUSPENDED_FOR) }).nullable(),
  createdAt: time,
  updatedAt: time,
})
export type DeviceTypeView = z.infer<typeof deviceTypeSchema>

// ---- what became of a message, step by step

export const STEPS = ['receive', 'decode', 'codec', 'map', 'validate', 'qualify', 'store'] as const
export const stepSchema = z.object({
  step: z.enum(STEPS),
  verdict: z.enum(['ok', 'warning', 'refused', 'skipped']),
  /** one line for a person */
  detail: z.string(),
  /** what the step made, as JSON; absent when it made nothing that is worth showing */
  data: z.unknown().optional(),
})
export type Step = z.infer<typeof stepSchema>

export const rejectionSchema = z.object({
  code: z.enum(REJECT_CODES),
  pointer: z.string(),
  expected: z.string(),
  got: z.string(),
  hint: z.string(),
})

export const traceSchema = z.object({
  /** null for a payload that was only tried */
  correlationId: z.string().nullable(),
  senderId: z.string(),
  deviceIds: z.array(z.string()),
  topic: z.string(),
  /** how it came in */
  via: z.enum(['mqtt', 'http', 'replay', 'trial']),
  receivedAt: time,
  bytes: z.number().int(),
  /** null when it may be a trace of a person, and for its parsed form too */
  payload: z.string().nullable(),
  payloadEncoding: z.enum(['utf8', 'hex']).nullable(),
  /** first 4 KiB as hex, for the hex view */
  hex: z.string().nullable(),
  parsed: z.unknown().optional(),
  verdict: z.enum(['accepted', 'partly', 'quarantined']),
  steps: z.array(stepSchema),
  readings: z.array(
    z.object({
      deviceId: z.string(),
      /** name within the device */
      datastream: z.string(),
      /** number for GET /v1/datastreams/{id}; null while the store has none of it */
      datastreamId: z.number().int().nullable(),
      observedProperty: z.string(),
      /** RFC 3339, with as many digits as the source had */
      phenomenonTime: z.string(),
      result: z.number(),
      unit: z.string(),
      rawResult: z.number().nullable(),
      rawUnit: z.string().nullable(),
      /** names of model/quality.ts */
      quality: z.array(z.string()),
      pointer: z.string(),
      /** what the store holds at its key now: this value, another one that is valid instead, or nothing (yet) */
      stored: z.enum(['stored', 'superseded', 'not_stored']),
    }),
  ),
  rejections: z.array(rejectionSchema),
})
export type Trace = z.infer<typeof traceSchema>

// ---- try a change on real messages, then replay them

/** Which messages of quarantine. Nothing given: all. */
export const quarantineFilterSchema = z.object({
  deviceId: z.string().max(64).optional(),
  typeId: z.string().max(64).optional(),
  code: z.enum(REJECT_CODES).optional(),
  ids: z.array(z.number().int()).max(1_000).optional(),
})
/** What would be different; what is left out stays as it is. */
export const trialChangeSchema = z.object({
  format: z.enum(PAYLOAD_FORMATS).optional(),
  codec: z.string().max(CODEC_MAX).nullable().optional(),
  mapping: mappingSchema.nullable().optional(),
  extraction: extractionSchema.nullable().optional(),
  datastreams: z.array(declaredDatastreamSchema).max(128).optional(),
})
/** POST /v1/trials: nothing is stored. */
export const trialSchema = z.object({
  on: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('quarantine'), filter: quarantineFilterSchema }),
    /** the last messages of a device, or of all devices of a type */
    z.object({ kind: z.literal('recent'), deviceId: z.string().optional(), typeId: z.string().optional() }),
    z.object({
      kind: z.literal('payload'),
      /** as whom it is read; a device that need not exist when `change.format` is given */
      deviceId: z.string().max(64),
      topic: z.string().max(512).optional(),
      payload: z.string().max(512 * 1024),
      encoding: z.enum(['utf8', 'hex', 'base64']).default('utf8'),
      /** of radio bytes: then they are the input of the codec itself */
      fPort: z.number().int().min(0).max(255).optional(),
    }),
  ]),
  change: trialChangeSchema.default({}),
})
export const trialResultSchema = z.object({
  /** how many messages fit; the first 200 of them, oldest first, were tried */
  total: z.number().int(),
  tried: z.number().int(),
  counts: z.object({
    accepted: z.number().int(),
    partly: z.number().int(),
    quarantined: z.number().int(),
    readings: z.number().int(),
  }),
  items: z.array(traceSchema.extend({ quarantineId: z.number().int().nullable() })),
})
export type TrialResult = z.infer<typeof trialResultSchema>

/** POST /v1/quarantine/replays answers 202 with the job. */
export const replayRequestSchema = z.object({ filter: quarantineFilterSchema })
export const jobSchema = z.object({
  id: z.number().int(),
  kind: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'failed']),
  /** messages published again so far, of how many; then what became of them */
  progress: z.object({ done: z.number().int(), total: z.number().int() }).nullable(),
  /** of a replay: `{replayed, accepted, refused}` */
  result: z.record(z.string(), z.unknown()).nullable(),
  createdAt: time,
  finishedAt: nullableTime,
})
export type JobView = z.infer<typeof jobSchema>

export const quarantineItemSchema = quarantineSchema.extend({
  typeId: z.string().nullable(),
  /** all reasons, the first one too */
  rejections: z.array(rejectionSchema),
  /** replays that were refused again */
  attempts: z.number().int(),
})
export const quarantineSummarySchema = z.object({
  messages: z.number().int(),
  bytes: z.number().int(),
  maxBytes: z.number().int(),
  keepDays: z.number().int(),
  /** left because it was full, since the beginning */
  evicted: z.number().int(),
  oldestAt: nullableTime,
  byCode: z.array(z.object({ code: z.enum(REJECT_CODES), count: z.number().int() })),
  byDevice: z.array(z.object({ deviceId: z.string(), count: z.number().int() })),
})

// ---- credentials

export const credentialSchema = z.object({
  id: z.string(),
  label: z.string(),
  createdAt: time,
  expiresAt: nullableTime,
  revokedAt: nullableTime,
  valid: z.boolean(),
})
/** POST /v1/devices/{id}/credentials, all optional: rotation leaves the others valid for `overlapHours`. */
export const credentialCreateSchema = z.object({
  label: z.string().max(64).default(''),
  expiresAt: time.nullable().default(null),
  /** 0: the others end at once */
  overlapHours: z
    .number()
    .min(0)
    .max(24 * 90)
    .default(0),
})
export const certificateSchema = z.object({
  /** SHA-256 of the certificate, hex */
  fingerprint: z.string(),
  subject: z.string(),
  notBefore: time,
  notAfter: time,
  createdAt: time,
  revokedAt: nullableTime,
})
export const certificateCreateSchema = z.object({ pem: z.string().min(1).max(16_384) })

// ---- places, imports, announcements

export const locationSchema = z.object({
  lng: z.number(),
  lat: z.number(),
  from: time,
  by: z.string(),
  reason: z.string(),
})
export const locationCreateSchema = z.object({
  lng: z.number().min(-180).max(180),
  lat: z.number().min(-90).max(90),
  from: time.optional(),
  reason: z.string().max(200).default(''),
})

/** POST /v1/devices/imports?dryRun=true with text/csv. */
export const deviceImportSchema = z.object({
  dryRun: z.boolean(),
  read: z.number().int(),
  created: z.number().int(),
  updated: z.number().int(),
  refused: z.number().int(),
  /** one a line that said something: those refused first, then those that change something; at most 5,000 */
  lines: z.array(
    z.object({
      line: z.number().int(),
      deviceId: z.string().nullable(),
      verdict: z.enum(['created', 'updated', 'unchanged', 'refused']),
      detail: z.string(),
    }),
  ),
  /** about the file as a whole, e.g. columns that were left alone */
  notes: z.array(z.string()),
  /** of the devices that are new; in this answer and nowhere else */
  credentials: z.array(z.object({ deviceId: z.string(), secret: z.string() })),
})

export const announcementSchema = z.object({
  id: z.number().int(),
  /** of this proposal and all that would be accepted with it: acceptance names it, so that what was shown is accepted */
  version: z.string(),
  senderId: z.string(),
  topic: z.string(),
  component: z.string(),
  uniqueId: z.string(),
  state: z.enum(['proposed', 'accepted', 'declined', 'removed']),
  firstAt: time,
  lastAt: time,
  /** what Schouw would make of it; `problems` says what keeps it from being accepted as it is */
  proposal: z.object({
    deviceName: z.string(),
    /** announcements of one sender that share it are about one device; '' when it says none */
    deviceKey: z.string(),
    manufacturer: z.string(),
    model: z.string(),
    /** under which the sender names the device */
    externalId: z.string(),
    stateTopic: z.string(),
    field: z.string(),
    observedProperty: z.string().nullable(),
    unit: z.string().nullable(),
    problems: z.array(z.string()),
  }),
  payload: z.string(),
  /** accepting it makes the messages of a device that is there be read differently; `detail` is among the problems */
  formatChange: z
    .object({
      deviceId: z.string(),
      from: z.enum(PAYLOAD_FORMATS),
      to: z.enum(PAYLOAD_FORMATS),
      detail: z.string(),
    })
    .nullable(),
})
export type AnnouncementView = z.infer<typeof announcementSchema>
/** POST /v1/announcements/{id}/acceptance: all of one device at once when `wholeDevice`. */
export const announcementAcceptSchema = z.object({
  /** of the announcement as it was looked at; or in If-Match */
  version: z.string().max(64).optional(),
  /** yes to the `formatChange` of the announcement */
  changeFormat: z.boolean().default(false),
  deviceId: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/)
    .optional(),
  observedProperty: z.string().optional(),
  unit: z.string().optional(),
  wholeDevice: z.boolean().default(true),
})

/** What came of it: which announcements are accepted now; those with a problem of their own stay proposed. */
export const announcementAcceptedSchema = z.object({
  deviceId: z.string(),
  created: z.boolean(),
  accepted: z.array(z.number().int()),
  left: z.array(z.object({ id: z.number().int(), problems: z.array(z.string()) })),
})

// ---- health

const freshnessSourceSchema = z.object({
  /** of a connection: its bridge */
  deviceId: z.string(),
  /** failed: a connection out that does not come about */
  state: z.enum(['fresh', 'late', 'never', 'offline', 'failed']),
  lastMessageAt: nullableTime,
  /** null: a connection to a broker, which has no pace of its own */
  expectedIntervalS: z.number().nullable(),
  /** 0 while it is in time */
  lateByS: z.number(),
})
/** GET /v1/freshness: 200 when every source is fresh, 503 when one is behind; sources only for who is logged in. */
export const freshnessSchema = z.object({
  status: z.enum(['fresh', 'behind']),
  expected: z.number().int(),
  behind: z.number().int(),
  /** those behind first, at most 1,000 */
  sources: z.array(freshnessSourceSchema).optional(),
})
/** GET /v1/freshness/{deviceId}: the same of one source, for who is logged in. */
export const freshnessOfOneSchema = z.object({
  status: z.enum(['fresh', 'behind']),
  source: freshnessSourceSchema,
})
export type FreshnessSource = z.infer<typeof freshnessSourceSchema>

// ---- connections out

export const connectionConfigSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('mqtt'),
    /** mqtt:// or mqtts:// */
    url: z.url({ protocol: /^(mqtt|mqtts|ws|wss)$/ }).max(512),
    username: z.string().max(256).default(''),
    /** filters to subscribe to, e.g. v3/app@ttn/devices/+/up */
    topics: z.array(z.string().min(1).max(256)).min(1).max(20),
    qos: z.union([z.literal(0), z.literal(1)]).default(1),
    format: z.enum(PAYLOAD_FORMATS),
    /** PEM of a certificate authority of its own */
    ca: z.string().max(16_384).default(''),
  }),
  z.object({ kind: z.literal('webhook'), format: z.enum(['tts-v3', 'chirpstack-v4']) }),
  z.object({
    kind: z.literal('luchtmeetnet'),
    url: z
      .url({ protocol: /^https?$/ })
      .max(512)
      .default('https://api.luchtmeetnet.nl/open_api'),
    stations: z.array(z.string().max(32)).min(1).max(50),
    everyMinutes: z.number().int().min(5).max(1_440).default(60),
    /** how far back the first pull goes */
    backfillDays: z.number().int().min(0).max(365).default(7),
  }),
  z.object({
    kind: z.literal('samen-meten'),
    url: z
      .url({ protocol: /^https?$/ })
      .max(512)
      .default('https://api-samenmeten.rivm.nl/v1.0'),
    /** OData filter on Things, e.g. properties/codegemeente eq '307' */
    filter: z.string().min(1).max(512),
    everyMinutes: z.number().int().min(5).max(1_440).default(60),
    backfillDays: z.number().int().min(0).max(365).default(7),
  }),
])
export const connectionCreateSchema = z.object({
  /** also the id of the bridge device in whose name its messages come in */
  id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/),
  name: nameSchema,
  config: connectionConfigSchema,
  /** password or API key; never given back */
  secret: z.string().max(4_096).nullable().default(null),
  enabled: z.boolean().default(true),
})
/** PUT with If-Match; a secret that is left out stays. */
export const connectionChangeSchema = z.object({
  name: nameSchema,
  config: connectionConfigSchema,
  secret: z.string().max(4_096).nullable().optional(),
  enabled: z.boolean(),
})
export const connectionSchema = z.object({
  id: z.string(),
  name: z.string(),
  config: connectionConfigSchema,
  hasSecret: z.boolean(),
  enabled: z.boolean(),
  version: z.number().int(),
  /** of a webhook: where the other side must post to */
  webhookUrl: z.string().nullable(),
  status: z.object({
    state: z.enum(['off', 'connecting', 'connected', 'waiting', 'pulling', 'failed', 'refused']),
    since: nullableTime,
    lastMessageAt: nullableTime,
    lastError: z.string().nullable(),
    lastErrorAt: nullableTime,
    received: z.number().int(),
    nextAt: nullableTime,
    /** what is worth knowing and no error: the other side delivers at most once, values of these names are left out */
    note: z.string().nullable(),
  }),
  createdAt: time,
})
/** POST /v1/connections/tests: try it before it is saved. */
export const connectionTrySchema = z.object({
  config: connectionConfigSchema,
  secret: z.string().max(4_096).optional(),
  /** whose secret is used when none is given; only for the address that it was given for */
  connectionId: z.string().max(64).optional(),
})
export const connectionOutcomeSchema = z.object({ ok: z.boolean(), detail: z.string() })
export type ConnectionView = z.infer<typeof connectionSchema>

// ---- HTTP in

/** POST /v1/ingest/… answers 202 after the message is on disk: each item with its own verdict. */
export const ingestAnswerSchema = z.object({
  correlationId: z.string(),
  receivedAt: time,
  accepted: z.number().int(),
  refused: z.number().int(),
  items: z.array(
    z.discriminatedUnion('verdict', [
      z.object({
        verdict: z.literal('accepted'),
        pointer: z.string(),
        deviceId: z.string(),
        datastream: z.string(),
        phenomenonTime: z.string(),
        result: z.number(),
        unit: z.string(),
      }),
      z.object({ verdict: z.literal('refused') }).extend(rejectionSchema.shape),
    ]),
  ),
})

// ---- calibration

export const calibrationSchema = z.object({
  datastream: z.string().min(1).max(129),
  version: z.string().min(1).max(64),
  factor: z.number(),
  shift: z.number(),
  from: time,
})

/** GET /v1/devices/{id}/calibrations; POST takes the one above. */
export const calibrationViewSchema = calibrationSchema.extend({ createdAt: time, by: z.string() })

// ---- live

/** SSE event `messages`, a few times a second while somebody looks. */
export const liveMessagesSchema = z.object({
  /** messages since the last such event, all of them */
  total: z.number().int(),
  accepted: z.number().int(),
  partly: z.number().int(),
  quarantined: z.number().int(),
  /** ms that these counts span */
  overMs: z.number(),
  /** those shown: when fewer than total, it is a sample, refused and rarely heard ones first */
  items: z.array(
    z.object({
      correlationId: z.string(),
      senderId: z.string(),
      deviceId: z.string(),
      topic: z.string(),
      receivedAt: time,
      bytes: z.number().int(),
      verdict: z.enum(['accepted', 'partly', 'quarantined']),
      summary: z.string(),
    }),
  ),
})
export type LiveMessages = z.infer<typeof liveMessagesSchema>
