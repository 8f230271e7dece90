import { z } from 'zod'
import { CASE_PRIORITIES, CASE_STATES, CLOSE_REASONS, ROLES } from './case.ts'
import { DEVICE_KINDS, PAYLOAD_FORMATS } from './device.ts'
import {
  declaredDatastreamSchema,
  extractionSchema,
  healthIssueSchema,
  mappingSchema,
} from './device-parts.ts'
import { HYPOTHESES, SOURCE_KINDS } from './evidence.ts'
import { PAVEMENTS } from './network.ts'
import { REJECT_CODES } from './reject.ts'

/**
 * What the API says and takes: the one source for validation, types and the OpenAPI document. Times are RFC 3339 UTC,
 * positions `[lng, lat]` in `lng` and `lat`, keys camelCase (NLGov API Design Rules 2.2). Names of resources are
 * English throughout (docs/adr/0005).
 */
const time = z.iso.datetime()
const nullableTime = time.nullable()

export const pageSchema = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    /** pass as `cursor` for the next page; null on the last */
    nextCursor: z.string().nullable(),
    /** how many match in all */
    total: z.number().int(),
  })

export const problemSchema = z.object({
  type: z.string(),
  status: z.number().int(),
  title: z.string(),
  detail: z.string(),
  /** stable code, for programs */
  code: z.string(),
  /** one entry per faulty field */
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  /** of a refused case transition: what is allowed */
  allowed: z.array(z.string()).optional(),
  /** of a 412: the version that the case has now */
  currentVersion: z.number().int().optional(),
  /** of a 409: what is there already */
  existingId: z.string().optional(),
  correlationId: z.string(),
})

export const meSchema = z.object({
  id: z.string(),
  login: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  team: z.string(),
})

export const townSchema = z.object({
  name: z.string(),
  /** the demo town is invented and says so on screen */
  invented: z.boolean(),
  /** [minLng, minLat, maxLng, maxLat] of the network; null before the first import */
  bounds: z.tuple([z.number(), z.number(), z.number(), z.number()]).nullable(),
  networkKm: z.number(),
  counts: z.object({
    stretches: z.number(),
    lamps: z.number(),
    airPosts: z.number(),
    devices: z.number(),
    openFlags: z.number(),
    openCases: z.number(),
    quarantined: z.number(),
  }),
  /** history being sent in by devices; null when there is none under way */
  backfill: z.object({ sent: z.number(), total: z.number() }).nullable(),
  /** journal records that ingest has not taken yet, drives that detection has not finished */
  ingestLag: z.number(),
  drivesWaiting: z.number(),
  /** optional base map tiles, e.g. PDOK; null: only the imported network */
  baseMap: z.object({ url: z.string(), attribution: z.string() }).nullable(),
})
export type Town = z.infer<typeof townSchema>

export const FLAG_STATES = ['open', 'closed', 'confirmed', 'rejected'] as const

export const flagSchema = z.object({
  id: z.string(),
  hypothesis: z.enum(HYPOTHESES),
  state: z.enum(FLAG_STATES),
  stretchId: z.string().nullable(),
  assetId: z.string().nullable(),
  street: z.string(),
  pavement: z.enum(PAVEMENTS).nullable(),
  lng: z.number(),
  lat: z.number(),
  /** 0..1 */
  confidence: z.number(),
  votesFor: z.number().int(),
  votesAgainst: z.number().int(),
  /** distinct vehicles or other sources */
  sources: z.number().int(),
  openedAt: time,
  closedAt: nullableTime,
  lastEvidenceAt: time,
  /** opened by evidence that came in late */
  late: z.boolean(),
  model: z.string(),
  caseId: z.string().nullable(),
})
export type FlagView = z.infer<typeof flagSchema>

export const evidenceSchema = z.object({
  id: z.string(),
  time,
  hypothesis: z.enum(HYPOTHESES),
  sourceKind: z.enum(SOURCE_KINDS),
  sourceId: z.string(),
  /** log-likelihood ratio as given, and as it counts now: capped per source and faded by age */
  llr: z.number(),
  weight: z.number(),
  lng: z.number(),
  lat: z.number(),
  sigma: z.number(),
  heading: z.number().nullable(),
  model: z.string(),
  features: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])),
  snippet: z.object({ rate: z.number(), values: z.array(z.number()) }).nullable(),
})
export type EvidenceView = z.infer<typeof evidenceSchema>

export const judgementSchema = z.object({
  id: z.string(),
  kind: z.enum(['verdict', 'finding', 'repair']),
  verdict: z.string(),
  reason: z.string(),
  text: z.string(),
  by: z.string(),
  at: time,
  /** log-odds that it adds now; 0 when it only ended something */
  weight: z.number(),
})

export const conditionSchema = z.object({
  stretchId: z.string(),
  street: z.string(),
  pavement: z.enum(PAVEMENTS),
  /** IRI-like, m/km, with its 1-sigma */
  roughness: z.number().nullable(),
  sigma: z.number().nullable(),
  /** 1 good .. 4 bad; null: not measured */
  grade: z.number().int().nullable(),
  passes: z.number().int(),
  vehicles: z.number().int(),
  lastPassAt: nullableTime,
})

export const flagDetailSchema = flagSchema.extend({
  /** the fold in numbers: prior + sum of weights = log-odds → confidence */
  explanation: z.object({
    priorLogOdds: z.number(),
    logOdds: z.number(),
    openThreshold: z.number(),
    closeThreshold: z.number(),
    halfLifeDays: z.number(),
  }),
  /** newest first, at most 200; evidenceTotal says how many there are */
  evidence: z.array(evidenceSchema),
  evidenceTotal: z.number().int(),
  judgements: z.array(judgementSchema),
  condition: conditionSchema.nullable(),
  knownObjects: z.array(
    z.object({ kind: z.string(), lng: z.number(), lat: z.number(), distance: z.number() }),
  ),
  line: z.array(z.tuple([z.number(), z.number()])).nullable(),
  cases: z.array(z.object({ id: z.string(), title: z.string(), state: z.enum(CASE_STATES) })),
})
export type FlagDetail = z.infer<typeof flagDetailSchema>

export const VERDICTS = ['confirmed', 'rejected'] as const
export const REJECT_REASONS = [
  'known_object',
  'not_found',
  'already_repaired',
  'not_a_defect',
  'other',
] as const

export const verdictRequestSchema = z.object({
  verdict: z.enum(VERDICTS),
  /** needed when rejected */
  reason: z.enum(REJECT_REASONS).optional(),
  text: z.string().max(2_000).default(''),
})

export const findingRequestSchema = z.object({
  lng: z.number().min(-180).max(180),
  lat: z.number().min(-90).max(90),
  hypothesis: z.enum(HYPOTHESES),
  text: z.string().min(1).max(2_000),
})

export const caseSchema = z.object({
  /** also the number a person uses: Z-2026-000123 */
  id: z.string(),
  title: z.string(),
  hypothesis: z.enum(HYPOTHESES),
  state: z.enum(CASE_STATES),
  priority: z.enum(CASE_PRIORITIES),
  assignee: z.object({ id: z.string(), name: z.string() }).nullable(),
  team: z.string(),
  deadlineAt: nullableTime,
  flagId: z.string().nullable(),
  stretchId: z.string().nullable(),
  assetId: z.string().nullable(),
  street: z.string(),
  lng: z.number(),
  lat: z.number(),
  createdAt: time,
  closedAt: nullableTime,
  closeReason: z.enum(CLOSE_REASONS).nullable(),
  updatedAt: time,
  /** also the ETag; send it as If-Match with a change */
  version: z.number().int(),
})
export type CaseView = z.infer<typeof caseSchema>

export const caseEventSchema = z.object({
  id: z.number().int(),
  at: time,
  actor: z.object({ id: z.string(), name: z.string() }),
  kind: z.enum(['created', 'transition', 'assigned', 'priority', 'note']),
  from: z.string().nullable(),
  to: z.string().nullable(),
  text: z.string(),
})

export const caseDetailSchema = caseSchema.extend({
  description: z.string(),
  /** oldest first */
  history: z.array(caseEventSchema),
  allowedTransitions: z.array(z.enum(CASE_STATES)),
  flag: flagSchema.nullable(),
})
export type CaseDetail = z.infer<typeof caseDetailSchema>

export const caseCreateSchema = z.object({
  flagId: z.string(),
  title: z.string().min(1).max(200).optional(),
  priority: z.enum(CASE_PRIORITIES).default('normal'),
  assigneeId: z.string().optional(),
  description: z.string().max(4_000).default(''),
})
export const caseTransitionSchema = z
  .object({
    to: z.enum(CASE_STATES),
    reason: z.enum(CLOSE_REASONS).optional(),
    text: z.string().max(2_000).default(''),
  })
  .refine((t) => t.to !== 'closed' || t.reason !== undefined, {
    message: 'closing needs a reason',
    path: ['reason'],
  })
export const caseAssignSchema = z.object({
  assigneeId: z.string().nullable(),
  team: z.string().max(64).optional(),
})
export const caseNoteSchema = z.object({ text: z.string().min(1).max(4_000) })
export const casePrioritySchema = z.object({ priority: z.enum(CASE_PRIORITIES) })

export const assetSchema = z.object({
  id: z.string(),
  kind: z.enum(['lamp', 'air-post']),
  name: z.string(),
  street: z.string(),
  lng: z.number(),
  lat: z.number(),
  circuit: z.string().nullable(),
  devices: z.array(z.string()),
  openFlags: z.array(z.object({ id: z.string(), hypothesis: z.enum(HYPOTHESES) })),
})
export type AssetView = z.infer<typeof assetSchema>

export const datastreamSchema = z.object({
  /** negative: declared and never heard */
  id: z.number().int(),
  deviceId: z.string(),
  name: z.string(),
  observedProperty: z.string(),
  label: z.object({ nl: z.string(), en: z.string() }),
  unit: z.string(),
  unitLabel: z.string(),
  kind: z.enum(['quantity', 'truth', 'category']),
  codes: z.array(z.string()).nullable(),
  count: z.number().int(),
  latest: z
    .object({
      time,
      value: z.number(),
      quality: z.number().int(),
      /** the same, in the words of model/quality.ts */
      qualityFlags: z.array(z.string()),
    })
    .nullable(),
  /** seconds over which the latest was measured, which stands at their start; null: at one moment, or never */
  intervalS: z.number().nullable(),
  /** moments for which more than one value was sent */
  corrections: z.number().int(),
  /** what the device or its type says of it; limits also when only the registry knows them */
  declared: z
    .object({
      id: z.number().int(),
      unit: z.string(),
      detectionLimit: z.number().nullable(),
      saturation: z.number().nullable(),
    })
    .nullable(),
})
export type DatastreamView = z.infer<typeof datastreamSchema>

export const seriesSchema = z.object({
  datastream: datastreamSchema,
  from: time,
  to: time,
  points: z.array(
    z.object({
      time,
      mean: z.number(),
      min: z.number(),
      max: z.number(),
      count: z.number(),
      quality: z.number(),
      qualityFlags: z.array(z.string()),
      /** version of the calibration that was applied to all of it */
      calibration: z.string().nullable(),
      /** as it was sent, of one reading that was converted or calibrated */
      raw: z.object({ value: z.number(), unit: z.string() }).nullable(),
    }),
  ),
})
export type Series = z.infer<typeof seriesSchema>

/** One of several values that were sent for one moment. */
export const correctionSchema = z.object({
  time,
  value: z.number(),
  resultTime: time,
  receivedAt: time,
  /** the one with the later resultTime; all others are history */
  valid: z.boolean(),
})

/** Condition of one stretch over time: one point per pass. */
export const conditionHistorySchema = z.object({
  condition: conditionSchema,
  points: z.array(z.object({ time, roughness: z.number(), sourceId: z.string() })),
  flags: z.array(flagSchema),
})

export const deviceSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(DEVICE_KINDS),
  /** as registered; what counts is in `effective` */
  format: z.enum(PAYLOAD_FORMATS),
  typeId: z.string().nullable(),
  owner: z.string(),
  power: z.enum(['mains', 'battery']).nullable(),
  area: z.enum(['town', 'anywhere']),
  assetId: z.string().nullable(),
  lng: z.number().nullable(),
  lat: z.number().nullable(),
  expectedIntervalS: z.number().nullable(),
  bridgeId: z.string().nullable(),
  externalId: z.string().nullable(),
  topicTree: z.string().nullable(),
  mapping: mappingSchema.nullable(),
  extraction: extractionSchema.nullable(),
  /** what it, or its type for it, says it has; the number is that of SensorThings over MQTT and stays the same */
  declared: z.array(declaredDatastreamSchema.extend({ id: z.number().int() })),
  /** with what it has from its type */
  effective: z.object({
    format: z.enum(PAYLOAD_FORMATS),
    mapping: mappingSchema.nullable(),
    extraction: extractionSchema.nullable(),
    expectedIntervalS: z.number().nullable(),
    power: z.enum(['mains', 'battery']).nullable(),
  }),
  hasCredential: z.boolean(),
  revokedAt: nullableTime,
  createdAt: time,
  liveness: z.enum(['online', 'offline', 'unknown', 'never', 'late']),
  lastMessageAt: nullableTime,
  accepted: z.number().int(),
  refused: z.number().int(),
  lastRejectCode: z.enum(REJECT_CODES).nullable(),
  /** worst first; empty: nothing is the matter */
  health: z.array(healthIssueSchema),
  battery: z.object({ value: z.number(), unit: z.enum(['%', 'V']), at: time }).nullable(),
  /** uplinks that never arrived, by the gaps in the frame counter; null when it has no frame counter */
  framesLost: z.object({ count: z.number().int(), at: nullableTime }).nullable(),
  clock: z.object({ state: z.string(), offsetMs: z.number().nullable(), at: nullableTime }).nullable(),
})
export type DeviceView = z.infer<typeof deviceSchema>

/** A name of one line: no control characters, which break a log or a file that it is copied to. */
export const nameSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]+$/u, 'no line breaks or control characters')

const deviceFields = z.object({
  name: nameSchema,
  format: z.enum(PAYLOAD_FORMATS),
  typeId: z.string().max(64).nullable(),
  owner: z.string().max(128),
  power: z.enum(['mains', 'battery']).nullable(),
  area: z.enum(['town', 'anywhere']),
  assetId: z.string().max(200).nullable(),
  lng: z.number().min(-180).max(180).nullable(),
  lat: z.number().min(-90).max(90).nullable(),
  expectedIntervalS: z.number().positive().nullable(),
  bridgeId: z.string().max(64).nullable(),
  externalId: z.string().max(256).nullable(),
  topicTree: z.string().max(2_048).nullable(),
  mapping: mappingSchema.nullable(),
  extraction: extractionSchema.nullable(),
  /** replaces what it declared before; a datastream that is declared again has the number that it had */
  datastreams: z.array(declaredDatastreamSchema).max(128),
})
export const deviceCreateSchema = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/),
  name: nameSchema,
  kind: z.enum(DEVICE_KINDS),
  format: deviceFields.shape.format.default('native-json'),
  typeId: deviceFields.shape.typeId.default(null),
  owner: deviceFields.shape.owner.default(''),
  power: deviceFields.shape.power.default(null),
  area: deviceFields.shape.area.default('town'),
  assetId: deviceFields.shape.assetId.default(null),
  lng: deviceFields.shape.lng.default(null),
  lat: deviceFields.shape.lat.default(null),
  expectedIntervalS: deviceFields.shape.expectedIntervalS.default(null),
  bridgeId: deviceFields.shape.bridgeId.default(null),
  externalId: deviceFields.shape.externalId.default(null),
  topicTree: deviceFields.shape.topicTree.default(null),
  mapping: deviceFields.shape.mapping.default(null),
  extraction: deviceFields.shape.extraction.default(null),
  datastreams: deviceFields.shape.datastreams.default([]),
})
/** PATCH /v1/devices/{id}: what is left out stays. */
export const devicePatchSchema = deviceFields.partial().strict()
/** The secret is shown once. */
export const deviceCredentialSchema = z.object({
  /** which of its secrets; see /v1/devices/{id}/credentials */
  id: z.string(),
  deviceId: z.string(),
  secret: z.string(),
  mqttUrl: z.string(),
})

export const recentMessageSchema = z.object({
  deviceId: z.string(),
  topic: z.string(),
  receivedAt: time,
  bytes: z.number().int(),
  /** text when it is UTF-8, else hex; null when it was a trace of a person and is not kept */
  payload: z.string().nullable(),
  payloadEncoding: z.enum(['utf8', 'hex']).nullable(),
  verdict: z.enum(['accepted', 'partly', 'quarantined']),
  summary: z.string(),
  /** for GET /v1/messages/{correlationId}; null of messages from before it was kept */
  correlationId: z.string().nullable(),
})

export const quarantineSchema = z.object({
  id: z.number().int(),
  deviceId: z.string(),
  topic: z.string(),
  receivedAt: time,
  bytes: z.number().int(),
  payload: z.string(),
  payloadEncoding: z.enum(['utf8', 'hex']),
  code: z.enum(REJECT_CODES),
  pointer: z.string(),
  expected: z.string(),
  got: z.string(),
  hint: z.string(),
  correlationId: z.string(),
})

export const personSchema = z.object({
  id: z.string(),
  login: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  team: z.string(),
  state: z.enum(['active', 'invited', 'disabled']),
  createdAt: time,
})
export const personInviteSchema = z.object({
  login: z.string().regex(/^[a-z0-9][a-z0-9._@-]{1,63}$/),
  name: nameSchema,
  role: z.enum(ROLES),
  team: z.string().max(64).default(''),
})
/** The invitation or reset link is shown once, to be handed over; it ends after 72 hours. */
export const personInvitedSchema = z.object({ person: personSchema, link: z.string() })

export const streetSchema = z.object({
  name: z.string(),
  lng: z.number(),
  lat: z.number(),
  bounds: z.tuple([z.number(), z.number(), z.number(), z.number()]),
})

/** One live event. `kind` says what changed, `ref` which one; details are fetched. */
export const changeSchema = z.object({
  id: z.number().int(),
  at: time,
  kind: z.enum([
    'flag',
    'case',
    'condition',
    'asset',
    'device',
    'network',
    'quarantine',
    'type',
    'announcement',
    'connection',
    'job',
  ]),
  ref: z.string(),
  data: z.record(z.string(), z.unknown()),
})
export type Change = z.infer<typeof changeSchema>

export const healthSchema = z.object({
  status: z.enum(['ok', 'degraded']),
  parts: z.record(z.string(), z.object({ status: z.enum(['ok', 'degraded', 'down']), detail: z.string() })),
})
