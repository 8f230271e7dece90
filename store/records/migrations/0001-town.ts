import { type Kysely, sql } from 'kysely'
import type { RecordsDb } from '../schema.ts'
import { index, table } from './build.ts'

/** The first tables. The comment on each names the one process that writes it. */
export async function up(db: Kysely<RecordsDb>): Promise<void> {
  // written by: api, and the import command
  await table(db, 'device', {
    id: 'text pk',
    name: 'text',
    kind: 'text',
    format: 'text',
    area: 'text',
    asset_id: 'text?',
    lng: 'real?',
    lat: 'real?',
    expected_interval_s: 'real?',
    bridge_id: 'text?',
    external_id: 'text?',
    topic_tree: 'text?',
    mapping: 'text?',
    secret_hash: 'text?',
    revoked_at: 'bigint?',
    created_at: 'bigint',
    updated_at: 'bigint',
  })
  await index(db, 'device', ['updated_at'])
  await index(db, 'device', ['bridge_id', 'external_id'])
  await index(db, 'device', ['asset_id'])
  // written by: ingest
  await table(db, 'device_state', {
    device_id: 'text pk',
    state: 'text',
    state_at: 'bigint',
    last_message_at: 'bigint?',
    last_topic: 'text?',
    accepted: 'bigint',
    refused: 'bigint',
    last_reject_code: 'text?',
    last_reject_at: 'bigint?',
    backfill_sent: 'bigint?',
    backfill_total: 'bigint?',
    lng: 'real?',
    lat: 'real?',
  })
  // written by: the import command (asset, network_version, wegvak, stretch, road_object); ingest adds stretches
  // built from a drive's own track, in a network version of its own
  await table(db, 'asset', {
    id: 'text pk',
    kind: 'text',
    name: 'text',
    street: 'text',
    lng: 'real',
    lat: 'real',
    circuit: 'text?',
    nominal_power_w: 'real?',
    height_m: 'real?',
    source: 'text',
    imported_at: 'bigint',
  })
  await index(db, 'asset', ['kind', 'lng'])
  await table(db, 'network_version', {
    id: 'serial',
    kind: 'text',
    name: 'text',
    imported_at: 'bigint',
    active: 'integer',
  })
  await table(db, 'wegvak', {
    id: 'serial',
    version_id: 'integer',
    wvk_id: 'text',
    valid_from: 'text',
    street: 'text',
    municipality: 'text',
    authority: 'text',
    bst: 'text',
    direction: 'text',
    pavement: 'text',
    junction_from: 'text',
    junction_to: 'text',
    length_m: 'real',
    line: 'text',
    min_lng: 'real',
    min_lat: 'real',
    max_lng: 'real',
    max_lat: 'real',
  })
  await index(db, 'wegvak', ['version_id', 'wvk_id'])
  await table(db, 'stretch', {
    id: 'text',
    version_id: 'integer',
    wvk_id: 'text',
    idx: 'integer',
    from_m: 'real',
    to_m: 'real',
    street: 'text',
    pavement: 'text',
    direction: 'text',
    line: 'text',
    lng: 'real',
    lat: 'real',
  })
  await sql`create unique index stretch_version_id_id on stretch (version_id, id)`.execute(db)
  await index(db, 'stretch', ['id'])
  await table(db, 'road_object', {
    id: 'text pk',
    kind: 'text',
    lng: 'real',
    lat: 'real',
    source: 'text',
    imported_at: 'bigint',
  })
  // written by: ingest
  await table(db, 'evidence', {
    id: 'text pk',
    hypothesis: 'text',
    stretch_id: 'text?',
    asset_id: 'text?',
    lng: 'real',
    lat: 'real',
    heading: 'real?',
    sigma: 'real',
    time: 'bigint',
    received_at: 'bigint',
    llr: 'real',
    source_kind: 'text',
    source_id: 'text',
    model: 'text',
    features: 'text',
    snippet: 'text?',
  })
  await index(db, 'evidence', ['stretch_id', 'hypothesis', 'time'])
  await index(db, 'evidence', ['asset_id', 'hypothesis', 'time'])
  // written by: ingest
  await table(db, 'condition', {
    stretch_id: 'text pk',
    roughness: 'real',
    sigma: 'real',
    grade: 'integer',
    passes: 'integer',
    vehicles: 'integer',
    first_pass_at: 'bigint',
    last_pass_at: 'bigint',
    model: 'text',
    updated_at: 'bigint',
  })
  // written by: ingest
  await table(db, 'flag', {
    id: 'text pk',
    hypothesis: 'text',
    stretch_id: 'text?',
    asset_id: 'text?',
    state: 'text',
    opened_at: 'bigint',
    closed_at: 'bigint?',
    posterior: 'real',
    lng: 'real',
    lat: 'real',
    street: 'text',
    votes_for: 'integer',
    votes_against: 'integer',
    sources: 'integer',
    last_evidence_at: 'bigint',
    model: 'text',
    late: 'integer',
    created_at: 'bigint',
    updated_at: 'bigint',
  })
  await index(db, 'flag', ['state', 'hypothesis'])
  await index(db, 'flag', ['stretch_id'])
  await index(db, 'flag', ['asset_id'])
  // written by: api. What people say of a place: verdicts, findings and repairs; entries of the same ledger
  await table(db, 'judgement', {
    id: 'text pk',
    kind: 'text',
    flag_id: 'text?',
    hypothesis: 'text',
    stretch_id: 'text?',
    asset_id: 'text?',
    lng: 'real',
    lat: 'real',
    verdict: 'text',
    reason: 'text',
    text: 'text',
    by_user: 'text',
    at: 'bigint',
  })
  await index(db, 'judgement', ['stretch_id', 'hypothesis'])
  await index(db, 'judgement', ['flag_id'])
  // written by: ingest
  await table(db, 'drive', {
    device_id: 'text',
    drive_id: 'text',
    started_at: 'bigint',
    last_chunk_at: 'bigint',
    chunks: 'integer',
    samples: 'bigint',
    closed: 'integer',
    processed_chunks: 'integer',
    lease_until: 'bigint',
    state: 'text',
  })
  await sql`create unique index drive_device_drive on drive (device_id, drive_id)`.execute(db)
  await index(db, 'drive', ['state', 'last_chunk_at'])
  // written by: api (store/records/cases.ts alone)
  await table(db, 'case_file', {
    id: 'text pk',
    flag_id: 'text?',
    title: 'text',
    hypothesis: 'text',
    state: 'text',
    priority: 'text',
    assignee_id: 'text?',
    team: 'text',
    deadline_at: 'bigint?',
    stretch_id: 'text?',
    asset_id: 'text?',
    street: 'text',
    lng: 'real',
    lat: 'real',
    description: 'text',
    created_at: 'bigint',
    created_by: 'text',
    closed_at: 'bigint?',
    close_reason: 'text?',
    updated_at: 'bigint',
    version: 'integer',
  })
  await index(db, 'case_file', ['state'])
  await index(db, 'case_file', ['flag_id'])
  await table(db, 'case_event', {
    id: 'serial',
    case_id: 'text',
    at: 'bigint',
    actor_id: 'text',
    actor_name: 'text',
    kind: 'text',
    from_value: 'text?',
    to_value: 'text?',
    text: 'text',
  })
  await index(db, 'case_event', ['case_id'])
  // written by: api
  await table(db, 'person', {
    id: 'text pk',
    login: 'text unique',
    name: 'text',
    role: 'text',
    team: 'text',
    password_hash: 'text?',
    invite_hash: 'text?',
    invite_expires_at: 'bigint?',
    disabled_at: 'bigint?',
    created_at: 'bigint',
  })
  await table(db, 'session', {
    token_hash: 'text pk',
    person_id: 'text',
    created_at: 'bigint',
    expires_at: 'bigint',
    last_seen_at: 'bigint',
  })
  // written by: every process, append-only; its id is the SSE id
  await table(db, 'change', { id: 'serial', at: 'bigint', kind: 'text', ref: 'text', data: 'text' })
  // created by: api; taken and finished by: ingest
  await table(db, 'job', {
    id: 'serial',
    kind: 'text',
    payload: 'text',
    state: 'text',
    lease_until: 'bigint',
    created_at: 'bigint',
    created_by: 'text',
    finished_at: 'bigint?',
    result: 'text?',
  })
  await index(db, 'job', ['state'])
  // written by: api, and the import command
  await table(db, 'setting', { key: 'text pk', value: 'text' })
  // written by: ingest
  await table(db, 'consumer_position', { consumer: 'text pk', epoch: 'bigint', sequence: 'bigint' })
  // written by: api (who did what through the interface), append-only
  await table(db, 'audit', {
    id: 'serial',
    at: 'bigint',
    actor: 'text',
    action: 'text',
    object: 'text',
    result: 'text',
    origin: 'text',
  })
  // written by: ingest
  await table(db, 'quarantine', {
    id: 'serial',
    epoch: 'bigint',
    sequence: 'bigint',
    device_id: 'text',
    topic: 'text',
    received_at: 'bigint',
    payload: 'blob',
    bytes: 'integer',
    code: 'text',
    pointer: 'text',
    expected: 'text',
    got: 'text',
    hint: 'text',
    correlation_id: 'text',
  })
  await sql`create unique index quarantine_epoch_sequence on quarantine (epoch, sequence)`.execute(db)
  await index(db, 'quarantine', ['device_id', 'code'])
  await index(db, 'quarantine', ['received_at'])
  // written by: ingest; a ring of the last few messages of each device, drives without their payload
  await table(db, 'recent_message', {
    device_id: 'text',
    slot: 'integer',
    topic: 'text',
    received_at: 'bigint',
    bytes: 'integer',
    payload: 'blob?',
    verdict: 'text',
    summary: 'text',
  })
  await sql`create unique index recent_message_device_slot on recent_message (device_id, slot)`.execute(db)
}
