import { type Kysely, sql } from 'kysely'
import type { RecordsDb } from '../schema.ts'
import { addColumns, index, table } from './build.ts'

/** The integrator's desk: types, credentials, locations, announcements, connections. */
export async function up(db: Kysely<RecordsDb>): Promise<void> {
  // written by: api
  await table(db, 'device_type', {
    id: 'text pk',
    name: 'text',
    kind: 'text',
    format: 'text',
    codec: 'text?',
    mapping: 'text?',
    extraction: 'text?',
    datastreams: 'text',
    expected_interval_s: 'real?',
    power: 'text?',
    version: 'integer',
    created_at: 'bigint',
    updated_at: 'bigint',
  })
  await index(db, 'device_type', ['updated_at'])
  await addColumns(db, 'device', {
    type_id: 'text',
    owner: { type: 'text', start: '' },
    power: 'text',
    extraction: 'text',
  })
  await index(db, 'device', ['type_id'])
  // written by: api, and the import command. What a device says it has; its id is the id of the SensorThings datastream
  await table(db, 'datastream', {
    id: 'serial',
    device_id: 'text',
    name: 'text',
    observed_property: 'text',
    unit: 'text?',
    detection_limit: 'real?',
    saturation: 'real?',
    created_at: 'bigint',
  })
  await sql`create unique index datastream_device_name on datastream (device_id, name)`.execute(db)
  // written by: api, and the import command. Several may be valid at once: rotation leaves the old one a while
  await table(db, 'device_credential', {
    id: 'text pk',
    device_id: 'text',
    label: 'text',
    secret_hash: 'text',
    created_at: 'bigint',
    expires_at: 'bigint?',
    revoked_at: 'bigint?',
  })
  await index(db, 'device_credential', ['device_id'])
  // written by: api
  await table(db, 'device_certificate', {
    fingerprint: 'text pk',
    device_id: 'text',
    subject: 'text',
    not_before: 'bigint',
    not_after: 'bigint',
    created_at: 'bigint',
    revoked_at: 'bigint?',
  })
  await index(db, 'device_certificate', ['device_id'])
  // written by: api. Where a device stood, from when
  await table(db, 'device_location', {
    id: 'serial',
    device_id: 'text',
    lng: 'real',
    lat: 'real',
    from_at: 'bigint',
    by_user: 'text',
    reason: 'text',
  })
  await index(db, 'device_location', ['device_id', 'from_at'])
  // written by: api. value = raw * factor + shift from this moment on
  await table(db, 'calibration', {
    id: 'serial',
    device_id: 'text',
    datastream: 'text',
    version: 'text',
    factor: 'real',
    shift: 'real',
    from_at: 'bigint',
    created_at: 'bigint',
    created_by: 'text',
  })
  await index(db, 'calibration', ['device_id', 'datastream', 'from_at'])
  // written by: ingest; state by: api. What devices say of themselves, waiting for a person
  await table(db, 'announcement', {
    id: 'serial',
    sender_id: 'text',
    topic: 'text',
    component: 'text',
    unique_id: 'text',
    payload: 'text',
    proposal: 'text',
    state: 'text',
    first_at: 'bigint',
    last_at: 'bigint',
    decided_by: 'text?',
    decided_at: 'bigint?',
  })
  await sql`create unique index announcement_sender_topic on announcement (sender_id, topic)`.execute(db)
  await index(db, 'announcement', ['state'])
  // written by: api
  await table(db, 'connection', {
    id: 'text pk',
    name: 'text',
    kind: 'text',
    config: 'text',
    secret: 'text?',
    device_id: 'text',
    enabled: 'integer',
    version: 'integer',
    created_at: 'bigint',
    updated_at: 'bigint',
  })
  // written by: ingest
  await table(db, 'connection_state', {
    connection_id: 'text pk',
    state: 'text',
    state_at: 'bigint',
    last_message_at: 'bigint?',
    last_error: 'text?',
    last_error_at: 'bigint?',
    received: 'bigint',
    next_at: 'bigint?',
    cursor: 'text?',
  })
  await addColumns(db, 'device_state', {
    battery: 'real',
    battery_at: 'bigint',
    frame_count: 'bigint',
    frame_session: 'text',
    frames_lost: { type: 'bigint', start: 0 },
    frames_lost_at: 'bigint',
    drops: { type: 'text', start: '[]' },
    clock: 'text',
    clock_offset_ms: 'bigint',
    clock_at: 'bigint',
  })
  await addColumns(db, 'quarantine', {
    rejections: 'text',
    told: { type: 'integer', start: 0 },
    attempts: { type: 'integer', start: 0 },
  })
  await addColumns(db, 'recent_message', {
    epoch: 'bigint',
    sequence: 'bigint',
    correlation_id: 'text',
  })
  await addColumns(db, 'job', { progress: 'text' })
}
