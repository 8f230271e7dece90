import { CREDENTIALS_EVENT_TOPIC } from '../../model/topics.ts'
import { addCredential } from '../../store/records/device-credentials.ts'
import { generateSecret, hashSecret } from '../../store/secrets.ts'
import type { Context } from '../context.ts'
import { notFound } from '../problem.ts'

/**
 * Give a device a fresh secret and tell the broker. The secret is in this answer and nowhere else.
 *
 * @param host under which the asker reached us: where the device will find MQTT
 * @param options overlapMs: how long those that it has stay valid, 0 ends them at once; expiresAt in epoch ms
 * @throws HttpProblem 404 when there is no such device
 * @throws TooManyCredentialsError
 */
export async function giveSecret(
  { config, records, secrets, bus }: Context,
  deviceId: string,
  host: string,
  options: { label: string; expiresAt: number | null; overlapMs: number },
  now: number,
): Promise<{ id: string; deviceId: string; secret: string; mqttUrl: string }> {
  const secret = generateSecret()
  const hash = hashSecret(secrets.credentialKey, secret)
  const id = await addCredential(records, deviceId, { hash, ...options }, now)
  if (id === undefined) throw notFound('device')
  bus.poke(CREDENTIALS_EVENT_TOPIC, deviceId)
  const mqttUrl = config.tls ? `mqtts://${host}:${config.mqttsPort}` : `mqtt://${host}:${config.mqttPort}`
  return { id, deviceId, secret, mqttUrl }
}
