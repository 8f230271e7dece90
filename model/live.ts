import { z } from 'zod'
import { liveMessagesSchema } from './desk.ts'

/** What somebody looks at on the live page; nothing given: everything. */
export const liveFilterSchema = z.object({
  deviceId: z.string().min(1).max(64).optional(),
  /** part of the topic, whatever its case */
  topic: z.string().min(1).max(128).optional(),
  verdict: z.enum(['accepted', 'partly', 'quarantined', 'refused']).optional(),
})
export type LiveFilter = z.infer<typeof liveFilterSchema>

/** What the api asks of ingest, again every few seconds: who does not ask again has stopped looking. */
const watchSchema = z.object({ filters: z.array(liveFilterSchema).max(16) })
export const MAX_WATCHES = 8
export const WATCH_EVERY_MS = 4_000
export const WATCH_ENDS_MS = 12_000

/** The same filter has the same key. */
export function liveKey(filter: LiveFilter): string {
  return JSON.stringify([filter.deviceId ?? '', filter.topic?.toLowerCase() ?? '', filter.verdict ?? ''])
}

type Looked = { deviceId: string; senderId: string; topic: string; verdict: string }

/** `refused` is whatever was not taken whole. */
export function matchesLive(filter: LiveFilter, message: Looked): boolean {
  const { deviceId, topic, verdict } = filter
  if (deviceId !== undefined && message.deviceId !== deviceId && message.senderId !== deviceId) return false
  if (verdict !== undefined) {
    const fits = verdict === 'refused' ? message.verdict !== 'accepted' : message.verdict === verdict
    if (!fits) return false
  }
  return topic === undefined || message.topic.toLowerCase().includes(topic.toLowerCase())
}

/** From ingest to the api: what came by of one filter. */
const liveDigestSchema = z.object({ key: z.string().max(400), messages: liveMessagesSchema })
export type LiveDigest = z.infer<typeof liveDigestSchema>
export type LiveItem = LiveDigest['messages']['items'][number]

/** Filters that the api asks for; none when it is no such message. */
export function readWatch(payload: Uint8Array): LiveFilter[] {
  return read(watchSchema, payload)?.filters ?? []
}

/** A digest that ingest sent; undefined when it is none. */
export function readDigest(payload: string): LiveDigest | undefined {
  return read(liveDigestSchema, payload)
}

function read<T extends z.ZodType>(schema: T, payload: Uint8Array | string): z.output<T> | undefined {
  try {
    const text = typeof payload === 'string' ? payload : new TextDecoder().decode(payload)
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
