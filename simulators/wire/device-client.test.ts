import { expect, test } from 'vitest'
import { startBroker } from './broker.support.ts'
import { connectDeviceClient } from './device-client.ts'

test('it says that it is there, and the broker says when it is gone', async () => {
  const broker = await startBroker()
  const states: string[] = []
  broker.aedes.on('publish', (packet) => {
    if (packet.topic === 'devices/a/status') states.push(packet.payload.toString())
  })
  const client = connectDeviceClient(broker.url, 'a', 'secret')
  await client.publish('devices/a/observations', '1')
  await expect
    .poll(() => broker.seen.map((m) => m.topic))
    .toEqual(['devices/a/status', 'devices/a/observations'])
  await client.close()
  await expect.poll(() => states).toEqual(['{"state":"online"}', '{"state":"offline"}'])
  await expect(client.publish('devices/a/observations', '2')).rejects.toThrow(/closed/)
  await broker.stop()
})

test('a secret that the broker does not know yet is tried again; one that it never learns is told', async () => {
  const broker = await startBroker()
  let known = false
  broker.aedes.authenticate = (_client, _name, _password, callback) => callback(null, known)
  const client = connectDeviceClient(broker.url, 'd', 'new secret')
  await expect(client.letIn(1_000)).rejects.toThrow(/does not let d in: .*refused/i)
  known = true
  await client.letIn(8_000)
  await client.publish('devices/d/observations', '1')
  await client.close()
  await broker.stop()
}, 15_000)

test('it hears what was refused', async () => {
  const broker = await startBroker()
  const errors: string[] = []
  const client = connectDeviceClient(broker.url, 'c', 'secret', { onError: (error) => errors.push(error) })
  await client.publish('devices/c/observations', 'nonsense')
  broker.aedes.publish(
    {
      topic: 'devices/c/errors',
      payload: Buffer.from('{"code":"not_json"}'),
      qos: 1,
      retain: false,
      cmd: 'publish',
      dup: false,
    },
    () => {},
  )
  await expect.poll(() => errors).toEqual(['{"code":"not_json"}'])
  await client.close()
  await broker.stop()
})

test('what was not acknowledged when the broker fell is sent again to the next one', async () => {
  const first = await startBroker()
  // It takes what comes and acknowledges nothing any more after the third.
  let taken = 0
  first.aedes.authorizePublish = (_client, packet, callback) => {
    if (packet.topic.endsWith('/observations') && ++taken > 3) return
    callback(null)
  }
  const client = connectDeviceClient(first.url, 'b', 'secret')
  const sent = Array.from({ length: 40 }, (_, i) => client.publish('devices/b/observations', String(i)))
  await expect.poll(() => taken).toBeGreaterThan(3)
  await first.stop()
  const second = await startBroker(first.port)
  await Promise.all(sent)
  const arrived = () =>
    [...first.seen, ...second.seen].filter((m) => m.topic.endsWith('observations')).map((m) => m.payload)
  await expect.poll(() => new Set(arrived()).size).toBe(40)
  await client.close()
  await second.stop()
}, 20_000)
