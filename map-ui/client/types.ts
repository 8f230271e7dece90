import type { z } from 'zod'
import type {
  assetSchema,
  caseDetailSchema,
  caseEventSchema,
  caseSchema,
  conditionHistorySchema,
  conditionSchema,
  deviceCredentialSchema,
  deviceSchema,
  evidenceSchema,
  flagDetailSchema,
  flagSchema,
  judgementSchema,
  meSchema,
  personInvitedSchema,
  personSchema,
  quarantineSchema,
  recentMessageSchema,
  streetSchema,
} from '../../model/api.ts'

/** What the API sends, as types only: the schemas themselves stay on the server. */
export type Asset = z.infer<typeof assetSchema>
export type Case = z.infer<typeof caseSchema>
export type CaseDetail = z.infer<typeof caseDetailSchema>
export type CaseEvent = z.infer<typeof caseEventSchema>
export type Condition = z.infer<typeof conditionSchema>
export type ConditionHistory = z.infer<typeof conditionHistorySchema>
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
export type QuarantineItem = z.infer<typeof quarantineSchema>
export type Street = z.infer<typeof streetSchema>

export type Page<T> = { items: T[]; nextCursor: string | null; total: number }
