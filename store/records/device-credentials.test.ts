import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeCertificate } from '../../test/support/certificate.ts'
import { addCertificate, listCertificates, readCertificate, revokeCertificate } from './certificates.ts'
import {
  addCredential,
  endAllCredentials,
  endCredential,
  isValid,
  listCredentials,
  MAX_VALID,
  TooManyCredentialsError,
} from './device-credentials.ts'
import { createDevice, getDevice } from './devices.ts'
import { openRecords, type Records } from './open.ts'

const NOW = 1_790_000_000_000
const HOUR = 3_600_000
let folder: string
let records: Records
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'device-credentials-'))
  records = await openRecords(folder)
  await createDevice(records, { id: 'a', name: 'a', kind: 'sensor' }, NOW)
})
afterEach(async () => {
  await records.close()
  rmSync(folder, { recursive: true })
})

const add = (hash: string, overlapMs: number, now: number, expiresAt: number | null = null) =>
  addCredential(records, 'a', { hash, label: hash, overlapMs, expiresAt }, now)
const valid = async (now: number) =>
  (await listCredentials(records, 'a')).filter((c) => isValid(c, now)).map((c) => c.label)
const updatedAt = () =>
  (records.sqlite.prepare(`select updated_at as at from device where id = 'a'`).get() as { at: number }).at

test('rotation leaves the old secret its time, and not longer than it had', async () => {
  await add('one', 0, NOW, NOW + HOUR)
  await add('two', 24 * HOUR, NOW + 1)
  expect(await valid(NOW + 2)).toEqual(['two', 'one'])
  expect(await valid(NOW + HOUR)).toEqual(['two'])
  await add('three', 2 * HOUR, NOW + HOUR)
  expect(await valid(NOW + 3 * HOUR - 1)).toEqual(['three', 'two'])
  expect(await valid(NOW + 3 * HOUR)).toEqual(['three'])
  await add('four', 0, NOW + 3 * HOUR)
  expect(await valid(NOW + 3 * HOUR)).toEqual(['four'])
})

test('each change moves the time of the device, even within one millisecond, and only a change does', async () => {
  const times = [updatedAt()]
  const id = (await add('one', HOUR, NOW)) as string
  times.push(updatedAt())
  await add('two', HOUR, NOW)
  times.push(updatedAt())
  expect(await endCredential(records, 'a', id, NOW)).toBe(true)
  times.push(updatedAt())
  expect(times).toEqual([NOW, NOW + 1, NOW + 2, NOW + 3])
  expect(await endCredential(records, 'a', id, NOW)).toBe(false)
  expect(await endCredential(records, 'b', id, NOW)).toBe(false)
  expect(updatedAt()).toBe(NOW + 3)
})

test('a device has a credential while one of its secrets or certificates is valid', async () => {
  const has = async (now: number) => (await getDevice(records, 'a', now))?.hasCredential
  expect(await has(NOW)).toBe(false)
  await add('one', 0, NOW, NOW + HOUR)
  expect([await has(NOW), await has(NOW + HOUR)]).toEqual([true, false])
  const certificate = { fingerprint: 'ff', subject: 'CN=a', notBefore: NOW, notAfter: NOW + 2 * HOUR }
  expect(await addCertificate(records, 'a', certificate, NOW)).toBe('added')
  expect([await has(NOW + HOUR), await has(NOW + 2 * HOUR)]).toEqual([true, false])
  expect(await endAllCredentials(records, 'a', NOW)).toBe(true)
  expect(await has(NOW)).toBe(false)
  expect((await listCertificates(records, 'a'))[0]?.revokedAt).toBe(NOW)
  await add('two', 0, NOW)
  expect(await has(NOW)).toBe(true)
  expect(await endAllCredentials(records, 'b', NOW)).toBe(false)
  expect(
    await addCredential(records, 'b', { hash: 'x', label: '', overlapMs: 0, expiresAt: null }, NOW),
  ).toBe(undefined)
})

test('at most ten secrets are valid at once, and the dead ones that are kept are few', async () => {
  for (let i = 0; i < MAX_VALID; i++) await add(`s${i}`, HOUR, NOW + i)
  await expect(add('one too many', HOUR, NOW + 50)).rejects.toThrow(TooManyCredentialsError)
  // The failed one changed nothing.
  expect(await valid(NOW + 60)).toHaveLength(MAX_VALID)
  for (let i = 0; i < 50; i++) await add(`r${i}`, 0, NOW + 100 + i)
  expect(await valid(NOW + 200)).toEqual(['r49'])
  expect(await listCredentials(records, 'a')).toHaveLength(20)
})

test('a certificate belongs to one device; revoked it may be registered again, anywhere', async () => {
  await createDevice(records, { id: 'b', name: 'b', kind: 'sensor' }, NOW)
  const certificate = { fingerprint: 'ff', subject: 'CN=a', notBefore: NOW, notAfter: NOW + HOUR }
  expect(await addCertificate(records, 'a', certificate, NOW)).toBe('added')
  expect(await addCertificate(records, 'a', certificate, NOW)).toBe('known')
  expect(await addCertificate(records, 'b', certificate, NOW)).toBe('taken')
  expect(await revokeCertificate(records, 'b', 'ff', NOW)).toBe(false)
  expect(await revokeCertificate(records, 'a', 'ff', NOW)).toBe(true)
  expect(await revokeCertificate(records, 'a', 'ff', NOW)).toBe(false)
  expect(await addCertificate(records, 'b', certificate, NOW)).toBe('added')
  expect(await listCertificates(records, 'a')).toEqual([])
  expect(await addCertificate(records, 'c', { ...certificate, fingerprint: 'aa' }, NOW)).toBe('no_device')
})

test('of a PEM file the certificate is read, and what is none is told', (context) => {
  const own = makeCertificate('lamp-1')
  const authority = makeCertificate('authority', { ca: true })
  if (!own || !authority) return context.skip('openssl is not installed')
  const read = readCertificate(own.cert)
  expect(read).toMatchObject({ subject: 'CN=lamp-1', fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) })
  if ('fault' in read) throw new Error(read.fault)
  expect(read.notAfter - read.notBefore).toBe(24 * HOUR)
  expect(readCertificate(own.cert + own.key)).toMatchObject({ fault: expect.stringContaining('private key') })
  expect(readCertificate(own.cert + own.cert)).toMatchObject({
    fault: expect.stringContaining('exactly one'),
  })
  expect(readCertificate('hello')).toMatchObject({ fault: expect.stringContaining('exactly one') })
  const broken = own.cert.replace(/[A-Za-z0-9]{20}/, 'AAAAAAAAAAAAAAAAAAAA')
  expect(readCertificate(broken)).toHaveProperty('fault')
  expect(readCertificate(authority.cert)).toMatchObject({ fault: expect.stringContaining('authority') })
})
