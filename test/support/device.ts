import type { DeviceKind, PayloadFormat } from '../../model/device.ts'
import { putCredential } from '../../store/records/device-credentials.ts'
import type { Records } from '../../store/records/open.ts'
import { generateSecret, hashSecret } from '../../store/secrets.ts'

type Row = Partial<{
  kind: DeviceKind
  format: PayloadFormat
  bridge_id: string
  external_id: string
  topic_tree: string
  type_id: string
}>

/** Register a device with a secret, without the wire; returns the secret. Thousands at once inside one transaction. */
export function putDevice(
  records: Records,
  credentialKey: string,
  id: string,
  row: Row = {},
  now = Date.now(),
): string {
  const secret = generateSecret()
  records.sqlite
    .prepare(
      `insert into device (id, name, kind, format, area, bridge_id, external_id, topic_tree, type_id, created_at, updated_at)
       values (?, ?, ?, ?, 'town', ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      id,
      id,
      row.kind ?? 'sensor',
      row.format ?? 'native-json',
      row.bridge_id ?? null,
      row.external_id ?? null,
      row.topic_tree ?? null,
      row.type_id ?? null,
      now,
      now,
    )
  const hash = hashSecret(credentialKey, secret)
  putCredential(records.sqlite, id, { hash, label: '', expiresAt: null, overlapMs: 0 }, now)
  return secret
}
