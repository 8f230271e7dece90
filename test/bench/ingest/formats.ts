import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { EncodedMessage } from '../../../ingest/decode/decoder.ts'
import { decoders } from '../../../ingest/decode/decoders.ts'
import { type Device, type PayloadFormat, plainDevice } from '../../../model/device.ts'
import { median, moreIsBetter, type Row } from '../rows.ts'

/** The good examples of each decoder, as messages. */
const EXAMPLES = path.resolve(import.meta.dirname, '../../../ingest/decode')
type Example = {
  topic: string
  payload?: unknown
  text?: string
  hex?: string
  sender?: Partial<Device>
  silent?: true
  parts?: unknown[]
  rejections?: unknown[]
}

/**
 * What a format costs: messages a second through its decoder on one core, beside `JSON.parse` (or nothing, of CBOR)
 * over the same bytes, which is the least that reading them can cost.
 */
export function formatRows(quick: boolean, note: (message: string) => void): Row[] {
  const rows: Row[] = []
  for (const file of readdirSync(EXAMPLES).filter((name) => name.endsWith('.examples.json'))) {
    const format = file.replace('.examples.json', '') as PayloadFormat
    const messages = messagesOf(path.join(EXAMPLES, file), format)
    const { decode } = decoders[format]
    const texts = messages.map((message) => Buffer.from(message.payload).toString('utf8'))
    const isJson = texts.every(parses)
    const mine = rate(messages.length, quick, () => messages.forEach((message) => void decode(message)))
    const theirs = isJson
      ? rate(texts.length, quick, () => texts.forEach((text) => void JSON.parse(text)))
      : null
    const bytes = median(messages.map((message) => message.payload.length))
    note(`${format}: ${messages.length} examples, ${bytes} bytes`)
    rows.push(
      moreIsBetter(
        `decode ${format} (median ${bytes} bytes), beside ${isJson ? 'JSON.parse' : 'nothing'}`,
        mine,
        'messages/s',
        theirs,
      ),
    )
  }
  return rows
}

function messagesOf(file: string, format: PayloadFormat): EncodedMessage[] {
  const examples = JSON.parse(readFileSync(file, 'utf8')) as Example[]
  return examples
    .filter((e) => !e.silent && (e.parts?.length ?? 0) > 0 && (e.rejections?.length ?? 0) === 0)
    .map((e) => ({
      topic: e.topic,
      payload:
        e.hex !== undefined
          ? Buffer.from(e.hex.replaceAll(/\s/g, ''), 'hex')
          : Buffer.from(e.text ?? JSON.stringify(e.payload)),
      receivedAt: Date.UTC(2026, 10, 24, 10),
      sender: plainDevice({ id: 'sender', format, ...e.sender }),
    }))
}

/** Median of some runs, so that a machine that is shared does not decide. */
function rate(count: number, quick: boolean, work: () => void): number {
  const runMs = quick ? 50 : 300
  const rates: number[] = []
  for (let run = 0; run < 5; run++) {
    const started = performance.now()
    let rounds = 0
    while (performance.now() - started < runMs) {
      work()
      rounds++
    }
    rates.push((rounds * count * 1000) / (performance.now() - started))
  }
  return median(rates)
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
