import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { seal, unseal } from './sealed.ts'

const key = randomBytes(32).toString('hex')

test('opens for the same installation, purpose and owner, and for no other', () => {
  const sealed = seal(key, 'connection secret', 'ttn', 'geheim · ünïcode')
  expect(sealed).not.toContain('geheim')
  expect(unseal(key, 'connection secret', 'ttn', sealed)).toBe('geheim · ünïcode')
  expect(seal(key, 'connection secret', 'ttn', 'geheim')).not.toBe(
    seal(key, 'connection secret', 'ttn', 'geheim'),
  )
  expect(() => unseal(key, 'connection secret', 'other', sealed)).toThrow(/cannot be opened/)
  expect(() => unseal(key, 'something else', 'ttn', sealed)).toThrow(/cannot be opened/)
  expect(() => unseal(randomBytes(32).toString('hex'), 'connection secret', 'ttn', sealed)).toThrow()
})

test('a changed bit, a cut tail and a shortened tag are noticed', () => {
  const sealed = seal(key, 'p', 'o', 'geheim')
  const [version, iv, tag = '', body = ''] = sealed.split('.')
  const flipped = Buffer.from(body, 'base64url')
  flipped[0] = (flipped[0] ?? 0) ^ 1
  expect(() => unseal(key, 'p', 'o', [version, iv, tag, flipped.toString('base64url')].join('.'))).toThrow()
  expect(() => unseal(key, 'p', 'o', [version, iv, tag, body.slice(0, -2)].join('.'))).toThrow()
  expect(() => unseal(key, 'p', 'o', [version, iv, tag.slice(0, 6), body].join('.'))).toThrow()
  expect(() => unseal(key, 'p', 'o', 'v2.a.b.c')).toThrow(/unknown form/)
})
