import express, { type Request, type Response } from 'express'
import type { PayloadFormat } from '../../model/device.ts'
import { HttpProblem } from '../problem.ts'

const JSON_TYPES = ['application/json'] as const
const CBOR_TYPES = ['application/cbor', 'application/octet-stream'] as const

/** Media types in which a format may come; the first is its own. */
const TYPES: Record<PayloadFormat, readonly string[]> = {
  'native-json': JSON_TYPES,
  'native-cbor': CBOR_TYPES,
  'senml-json': ['application/senml+json', ...JSON_TYPES],
  'senml-cbor': ['application/senml+cbor', ...CBOR_TYPES],
  'json-mapped': JSON_TYPES,
  'tts-v3': JSON_TYPES,
  'chirpstack-v4': JSON_TYPES,
  'sensorthings-1.1': JSON_TYPES,
  thingsboard: JSON_TYPES,
  'fiware-iota-json': JSON_TYPES,
  'sensor-community': JSON_TYPES,
  'talq-2.7': JSON_TYPES,
}

/** All of them, for the OpenAPI document. */
export const INGEST_TYPES = [...new Set(Object.values(TYPES).flat())]

/**
 * Does the sender say that it sends something else than its device is registered for? Who says nothing is believed: what
 * it sends is decided by the register, never guessed.
 *
 * @throws HttpProblem 415 that names both
 */
export function checkContentType(req: Request, format: PayloadFormat): void {
  const header = req.get('content-type')
  if (header === undefined) return
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase())
  const accepted = TYPES[format]
  const charset = parameters.find((part) => part.startsWith('charset='))?.slice('charset='.length)
  const isText = !format.endsWith('cbor')
  if (accepted.includes(type)) {
    if (!isText || charset === undefined || /^"?(utf-?8|us-ascii)"?$/.test(charset)) return
    throw wrong(`${format} is read as UTF-8; this says charset=${charset.slice(0, 40)}.`)
  }
  throw wrong(
    `The device is registered as ${format}: send Content-Type: ${accepted.join(' or ')}, not ${type.slice(0, 80)}.`,
  )
}

function wrong(detail: string): HttpProblem {
  return new HttpProblem(415, 'wrong_content_type', detail)
}

/** A body holds a place while it comes, so one that trickles in must not hold it long. */
const BODY_MS = 10_000
/** What it must bring on the average, bytes a second, once it had this long to begin. */
const BODY_PACE = 1024
const BODY_GRACE_MS = 3_000
const LOOK_EVERY_MS = 500

/**
 * The bytes of a request, unpacked when they come with gzip, deflate or br. Bounded on both sides of the unpacking, so
 * that a small body that unpacks to a huge one ends where the limit is.
 *
 * @throws HttpProblem 408 when it comes too slowly; 413 with the limit; 415 for another encoding; 400 for a body that does not unpack or was cut off
 */
export async function readBody(req: Request, res: Response, maxBytes: number): Promise<Buffer> {
  checkContentEncoding(req)
  const read = express.raw({ type: () => true, limit: maxBytes, inflate: true })
  const watch = watchPace(req)
  const came = new Promise<unknown>((resolve) => {
    read(req, res, (e?: unknown) => resolve(e))
  })
  const error = await Promise.race([came, watch.slow]).finally(watch.stop)
  if (error !== undefined) throw bodyProblem(error, maxBytes)
  return Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0)
}

/** Those that are documented: what body-parser can unpack beside them changes with the version of Node. */
const ENCODINGS: ReadonlySet<string> = new Set(['gzip', 'deflate', 'br', 'identity'])

/** @throws HttpProblem 415 that lists what is taken */
export function checkContentEncoding(req: Request): void {
  const encoding = req.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (ENCODINGS.has(encoding)) return
  throw new HttpProblem(
    415,
    'wrong_content_encoding',
    'Content-Encoding is gzip, deflate, br or left out.',
    // RFC 9110 clause 12.5.3: what would have been taken.
    { headers: { 'Accept-Encoding': 'gzip, deflate, br', Connection: 'close' } },
  )
}

const SLOW = 'entity.too.slow'

/** Counts at the socket: what is packed counts as it comes. */
function watchPace(req: Request): { slow: Promise<unknown>; stop(): void } {
  const from = performance.now()
  const before = req.socket.bytesRead
  let timer: NodeJS.Timeout | undefined
  const slow = new Promise<unknown>((resolve) => {
    timer = setInterval(() => {
      const ms = performance.now() - from
      const wanted = (Math.max(0, ms - BODY_GRACE_MS) / 1_000) * BODY_PACE
      if (ms >= BODY_MS || req.socket.bytesRead - before < wanted) resolve({ type: SLOW })
    }, LOOK_EVERY_MS)
  })
  return { slow, stop: () => clearInterval(timer) }
}

function bodyProblem(error: unknown, maxBytes: number): HttpProblem {
  const { type, message } = error as { type?: unknown; message?: unknown }
  if (type === 'entity.too.large') {
    return new HttpProblem(413, 'payload_too_large', `At most ${maxBytes} bytes at once, unpacked.`, {
      // The rest of it is not read.
      headers: { Connection: 'close' },
    })
  }
  if (type === SLOW) {
    const detail = `The body came too slowly: within ${BODY_MS / 1_000} seconds, and at least ${BODY_PACE} bytes a second.`
    return new HttpProblem(408, 'body_too_slow', detail, { headers: { Connection: 'close' } })
  }
  return new HttpProblem(
    400,
    'unreadable_body',
    `The body could not be read: ${String(message).slice(0, 100)}.`,
  )
}
