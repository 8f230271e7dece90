import { createHmac } from 'node:crypto'
import type { Secrets } from '../../store/secrets.ts'

/** Our name at a foreign broker: the same after each restart, so that the session is found again; of no other installation. */
export function clientIdOf(secrets: Secrets, connectionId: string): string {
  const key = Buffer.from(secrets.credentialKey, 'hex')
  const mark = createHmac('sha256', key).update('client id').digest('hex')
  return `schouw-${mark.slice(0, 8)}-${connectionId}`
}
