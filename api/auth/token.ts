import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits, base64url: a session or an invitation. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** What is stored of a token: SHA-256, hex. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

const SESSION_COOKIE = 'schouw_session'

/** The session token of a Cookie header, if it carries one that can be ours. */
export function tokenFromCookie(header: string | undefined): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const [name, value = ''] = part.trim().split('=', 2)
    if (name === SESSION_COOKIE && /^[A-Za-z0-9_-]{43}$/.test(value)) return value
  }
  return undefined
}

/** `Set-Cookie` that begins (a token) or ends (null) a session in the browser. */
export function sessionCookie(token: string | null, secure: boolean, maxAgeS: number): string {
  return [
    `${SESSION_COOKIE}=${token ?? ''}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    `Max-Age=${token === null ? 0 : maxAgeS}`,
    ...(secure ? ['Secure'] : []),
  ].join('; ')
}

const BASE32 = 'abcdefghijkmnpqrstuvwxyz23456789'

/** A password that a person can type: four groups of five letters and digits without l, o, 0 and 1 (100 bits). */
export function newPassword(): string {
  const letters = Array.from(randomBytes(20), (byte) => BASE32[byte & 31])
  return [0, 5, 10, 15].map((at) => letters.slice(at, at + 5).join('')).join('-')
}
