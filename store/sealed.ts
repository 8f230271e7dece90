import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const VERSION = 'v1'
const IV_BYTES = 12

/** A key of its own for each purpose, so that what is sealed for one opens nothing of another (HKDF, RFC 5869). */
function keyFor(masterKey: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', Buffer.from(masterKey, 'hex'), '', `schouw ${purpose}`, 32))
}

/**
 * Encrypt a text for storage: AES-256-GCM under a key derived from the installation's own.
 *
 * @param masterKey hex; purpose: what for, e.g. `connection secret`; owner: the row that it belongs to, so that it cannot
 * be moved to another
 */
export function seal(masterKey: string, purpose: string, owner: string, text: string): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', keyFor(masterKey, purpose), iv)
  cipher.setAAD(Buffer.from(owner))
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return [VERSION, iv, cipher.getAuthTag(), body]
    .map((part) => (typeof part === 'string' ? part : part.toString('base64url')))
    .join('.')
}

/** @throws Error when it was sealed under another key, for another owner, or changed since */
export function unseal(masterKey: string, purpose: string, owner: string, sealed: string): string {
  const [version, iv = '', tag = '', body = ''] = sealed.split('.')
  if (version !== VERSION) throw new Error('sealed: of an unknown form')
  try {
    const decipher = createDecipheriv(
      'aes-256-gcm',
      keyFor(masterKey, purpose),
      Buffer.from(iv, 'base64url'),
      { authTagLength: 16 },
    )
    decipher.setAAD(Buffer.from(owner))
    decipher.setAuthTag(Buffer.from(tag, 'base64url'))
    return Buffer.concat([decipher.update(Buffer.from(body, 'base64url')), decipher.final()]).toString('utf8')
  } catch (error) {
    throw new Error('sealed: cannot be opened with the key of this installation', { cause: error })
  }
}
