import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { ImportError } from './report.ts'

/** Files larger than this are read only by the importers that stream. */
const MAX_TEXT_BYTES = 400 * 1024 * 1024

/** A file as a stream of bytes, unpacked when it is gzip (seen from its first bytes, whatever its name). */
export function byteStream(file: string): Readable {
  const packed = isGzip(file)
  const raw = createReadStream(file, { highWaterMark: 256 * 1024 })
  if (!packed) return raw
  const gunzip = createGunzip()
  raw.on('error', (error) => gunzip.destroy(error))
  return raw.pipe(gunzip)
}

function isGzip(file: string): boolean {
  const head = Buffer.alloc(2)
  const fd = openSync(file, 'r')
  try {
    readSync(fd, head, 0, 2, 0)
  } finally {
    closeSync(fd)
  }
  return head[0] === 0x1f && head[1] === 0x8b
}

/**
 * A whole file as text. UTF-8 when it is valid UTF-8; anything else is read as ISO-8859-1 with the printable range of
 * Windows-1252, which is what older exports of Dutch municipalities are written in. A byte order mark is dropped.
 */
export async function readText(file: string): Promise<{ text: string; encoding: 'utf-8' | 'iso-8859-1' }> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of byteStream(file)) {
    bytes += (chunk as Buffer).length
    if (bytes > MAX_TEXT_BYTES) {
      throw new ImportError(`${file}: larger than ${MAX_TEXT_BYTES / 1024 / 1024} MB; split it, or use GML`)
    }
    chunks.push(chunk as Buffer)
  }
  return decodeText(Buffer.concat(chunks))
}

/** Bytes as text, as `readText` does it. */
export function decodeText(bytes: Uint8Array): { text: string; encoding: 'utf-8' | 'iso-8859-1' } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), encoding: 'utf-8' }
  } catch {
    return { text: new TextDecoder('windows-1252').decode(bytes), encoding: 'iso-8859-1' }
  }
}
