import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { AddressError, createGuard, notPublic } from './address.ts'

const CLASSES: [string, string][] = [
  ['10.0.0.1', 'private'],
  ['172.16.5.4', 'private'],
  ['192.168.1.1', 'private'],
  ['127.0.0.1', 'this machine'],
  ['127.255.0.9', 'this machine'],
  ['0.0.0.0', 'no address'],
  ['169.254.169.254', 'link-local'],
  ['100.64.0.1', 'CGNAT'],
  ['100.100.100.200', 'CGNAT'],
  ['224.0.0.251', 'multicast'],
  ['255.255.255.255', 'broadcast'],
  ['192.0.0.192', 'reserved'],
  ['192.0.2.1', 'reserved'],
  ['198.18.0.1', 'reserved'],
  ['240.0.0.1', 'reserved'],
  ['168.63.129.16', 'service of the machine'],
  ['::1', 'this machine'],
  ['::', 'no address'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local'],
  ['fc00::1', 'private'],
  ['fd00:ec2::254', 'private'],
  ['ff02::1', 'multicast'],
  ['::ffff:127.0.0.1', 'form of IPv6'],
  ['::ffff:8.8.8.8', 'form of IPv6'],
  ['::127.0.0.1', 'form of IPv6'],
  ['::7f00:1', 'form of IPv6'],
  ['::a00:1', 'form of IPv6'],
  ['::ffff:0:7f00:1', 'special'],
  ['64:ff9b::7f00:1', 'special'],
  ['64:ff9b::a00:1', 'special'],
  ['64:ff9b:1::7f00:1', 'special'],
  ['2002:a00:1::1', 'special'],
  ['fec0::1', 'special'],
  ['4000::1', 'reserved'],
  ['2002:7f00:1::', 'special'],
  ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'special'],
  ['2001:db8::1', 'reserved'],
  ['not-an-address', 'no address'],
]

test.each(CLASSES)('%s is refused as %s', (address, word) => {
  expect(notPublic(address)).toContain(word)
})

test.each(['8.8.8.8', '145.97.32.1', '2a00:1450:400e:80c::200e'])('%s is public', (address) => {
  expect(notPublic(address)).toBeUndefined()
})

const look = (guard: ReturnType<typeof createGuard>, host: string, all: boolean, port?: number) =>
  new Promise<unknown>((resolve, reject) => {
    const lookup = port === undefined ? guard.lookup : guard.forPort(port)
    lookup(host, { all }, (error, address) => (error ? reject(error) : resolve(address)))
  })
const names = (book: Record<string, string[]>) =>
  ((host: string, _options: unknown, done: (e: Error | null, found: object[]) => void) => {
    done(
      null,
      (book[host] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }) as never

test('of a name every address must do, and the addresses that were checked are those that are given', async () => {
  const guard = createGuard(
    { all: false, hosts: [] },
    [],
    names({
      'good.example': ['8.8.8.8', '2a00:1450::1'],
      'half.example': ['8.8.8.8', '10.0.0.1'],
      'none.example': [],
    }),
  )
  expect(await look(guard, 'good.example', true)).toEqual([
    { address: '8.8.8.8', family: 4 },
    { address: '2a00:1450::1', family: 6 },
  ])
  expect(await look(guard, 'good.example', false)).toBe('8.8.8.8')
  await expect(look(guard, 'half.example', true)).rejects.toThrow(
    /half\.example \(10\.0\.0\.1\) is a private address/,
  )
  await expect(look(guard, 'none.example', true)).rejects.toThrow(AddressError)
})

test('old ways of writing an address are resolved and then refused', async () => {
  const guard = createGuard({ all: false, hosts: [] })
  for (const host of ['127.1', '2130706433', '0x7f000001', 'localhost'])
    await expect(look(guard, host, true)).rejects.toThrow(/this machine itself/)
  expect(() => guard.check('[::1]')).toThrow(AddressError)
  expect(() => guard.check('169.254.169.254')).toThrow(/link-local/)
  expect(() => guard.check('a-name.example')).not.toThrow()
})

test('what is allowed by name, address or range is reached, and nothing else', async () => {
  const book = { 'chirpstack.lan': ['10.1.2.3'], 'other.lan': ['10.9.9.9'], 'rebound.example': ['127.0.0.1'] }
  const guard = createGuard(
    { all: false, hosts: ['chirpstack.lan', '10.9.0.0/16', '192.168.7.7'] },
    [],
    names(book),
  )
  expect(await look(guard, 'chirpstack.lan', false)).toBe('10.1.2.3')
  expect(await look(guard, 'other.lan', false)).toBe('10.9.9.9')
  expect(() => guard.check('192.168.7.7')).not.toThrow()
  expect(() => guard.check('10.1.2.3')).toThrow(AddressError)
  await expect(look(guard, 'rebound.example', false)).rejects.toThrow(AddressError)
  const all = createGuard({ all: true, hosts: [] }, [], names(book))
  expect(await look(all, 'rebound.example', false)).toBe('127.0.0.1')
})

test('our own listeners are refused even where everything is allowed', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const guard = createGuard({ all: true, hosts: [] }, [port])
  for (const host of ['127.0.0.1', '127.0.0.2', '::1', '::ffff:127.0.0.1'])
    expect(() => guard.check(host, port)).toThrow(/Schouw itself/)
  await expect(look(guard, 'localhost', true, port)).rejects.toThrow(/Schouw itself/)
  expect(() => guard.check('127.0.0.1', port + 1)).not.toThrow()
  server.close()
})
