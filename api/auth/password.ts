import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'

/** argon2id, RFC 9106 second recommended option: 64 MiB, 3 passes. About 160 ms. */
const MEMORY_KIB = 64 * 1024
const PASSES = 3
const TAG_BYTES = 32
/** Each takes 64 MiB and a thread of the pool that file reads need too. */
const AT_ONCE = 2
const WAITING_MAX = 64

export type Passwords = {
  /** PHC string `$argon2id$v=19$m=…,t=…,p=1$salt$tag` */
  hash(password: string): Promise<string>
  /** Whether it fits. Without a stored hash it takes as long and says no: time does not tell which logins exist. */
  verify(password: string, stored: string | null): Promise<boolean>
}

/** Too many passwords wait to be checked. */
export class PasswordsBusyError extends Error {
  override name = 'PasswordsBusyError'
}

/** Hashing of passwords, a few at once and with a bounded queue, so that a storm of logins cannot take the memory. */
export function createPasswords(): Passwords {
  let running = 0
  const waiting: (() => void)[] = []

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= AT_ONCE) {
      if (waiting.length >= WAITING_MAX) throw new PasswordsBusyError('too many logins at once')
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }

  const derive = (password: string, salt: Buffer, memory: number, passes: number, tagLength: number) =>
    new Promise<Buffer>((resolve, reject) => {
      argon2(
        'argon2id',
        { message: password.normalize('NFKC'), nonce: salt, parallelism: 1, tagLength, memory, passes },
        (error, tag) => (error ? reject(error) : resolve(tag)),
      )
    })

  return {
    hash: (password) =>
      inTurn(async () => {
        const salt = randomBytes(16)
        const tag = await derive(password, salt, MEMORY_KIB, PASSES, TAG_BYTES)
        return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${base64(salt)}$${base64(tag)}`
      }),
    verify: (password, stored) =>
      inTurn(async () => {
        const known = stored === null ? undefined : parse(stored)
        const { salt, tag, memory, passes } = known ?? {
          salt: Buffer.alloc(16),
          tag: Buffer.alloc(TAG_BYTES),
          memory: MEMORY_KIB,
          passes: PASSES,
        }
        const given = await derive(password, salt, memory, passes, tag.length)
        return timingSafeEqual(given, tag) && known !== undefined
      }),
  }
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

function parse(stored: string) {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$([^$]+)\$([^$]+)$/.exec(stored)
  if (!match) return undefined
  return {
    memory: Number(match[1]),
    passes: Number(match[2]),
    salt: Buffer.from(match[3] ?? '', 'base64'),
    tag: Buffer.from(match[4] ?? '', 'base64'),
  }
}
