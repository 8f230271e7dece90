import type { z } from 'zod'
import type {
  assetSchema,
  caseDetailSchema,
  caseEventSchema,
  caseSchema,
  conditionHistorySchema,
  conditionSchema,
  correctionSchema,
  deviceCredentialSchema,
  deviceSchema,
  evidenceSchema,
  flagDetailSchema,
  flagSchema,
  judgementSchema,
  meSchema,
  personInvitedSchema,
  personSchema,
  recentMessageSchema,
  streetSchema,
} from '../../model/api.ts'
import type {
  announcementSchema,
  calibrationViewSchema,
  certificateSchema,
  connectionConfigSchema,
  connectionSchema,
  credentialSchema,
  declaredDatastreamSchema,
  deviceImportSchema,
  deviceTypeSchema,
  extractionSchema,
  freshnessSchema,
  healthIssueSchema,
  jobSchema,
  locationSchema,
  mappingSchema,
  quarantineFilterSchema,
  quarantineItemSchema,
  quarantineSummarySchema,
  rejectionSchema,
  stepSchema,
  traceSchema,
  trialChangeSchema,
  trialResultSchema,
  trialSchema,
} from '../../model/desk.ts'

/** What the API sends, as types only: the schemas themselves stay on the server. */
export type Asset = z.infer<typeof assetSchema>
export type Case = z.infer<typeof caseSchema>
export type CaseDetail = z.infer<typeof caseDetailSchema>
export type CaseEvent = z.infer<typeof caseEventSchema>
export type Condition = z.infer<typeof conditionSchema>
export type ConditionHistory = z.infer<typeof conditionHistorySchema>
export type Correction = z.infer<typeof correctionSchema>
export type Credential = z.infer<typeof deviceCredentialSchema>
export type Device = z.infer<typeof deviceSchema>
export type Evidence = z.infer<typeof evidenceSchema>
export type Flag = z.infer<typeof flagSchema>
export type FlagDetail = z.infer<typeof flagDetailSchema>
export type Judgement = z.infer<typeof judgementSchema>
export type Me = z.infer<typeof meSchema>
export type Message = z.infer<typeof recentMessageSchema>
export type Person = z.infer<typeof personSchema>
export type PersonInvited = z.infer<typeof personInvitedSchema>
export type QuarantineItem = z.infer<typeof quarantineItemSchema>
export type Street = z.infer<typeof streetSchema>

export type Page<T> = { items: T[]; nextCursor: string | null; total: number }

export type Announcement = z.infer<typeof announcementSchema>
export type Calibration = z.infer<typeof calibrationViewSchema>
export type Certificate = z.infer<typeof certificateSchema>
export type Connection = z.infer<typeof connectionSchema>
export type ConnectionConfig = z.infer<typeof connectionConfigSchema>
export type DeclaredStream = z.infer<typeof declaredDatastreamSchema>
export type DeviceCredential = z.infer<typeof credentialSchema>
export type DeviceImport = z.infer<typeof deviceImportSchema>
export type DeviceType = z.infer<typeof deviceTypeSchema>
export type Extraction = z.infer<typeof extractionSchema>
export type Freshness = z.infer<typeof freshnessSchema>
export type HealthIssue = z.infer<typeof healthIssueSchema>
export type Job = z.infer<typeof jobSchema>
export type Location = z.infer<typeof locationSchema>
export type Mapping = z.infer<typeof mappingSchema>
export type QuarantineFilter = z.infer<typeof quarantineFilterSchema>
export type QuarantineSummary = z.infer<typeof quarantineSummarySchema>
export type Rejection = z.infer<typeof rejectionSchema>
export type Step = z.infer<typeof stepSchema>
export type Trace = z.infer<typeof traceSchema>
export type Trial = z.input<typeof trialSchema>
export type TrialChange = z.infer<typeof trialChangeSchema>
export type TrialItem = z.infer<typeof trialResultSchema>['items'][number]
export type TrialResult = z.infer<typeof trialResultSchema>
