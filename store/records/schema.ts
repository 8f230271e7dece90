import type { Generated } from 'kysely'

/**
 * The tables of `records`, as kysely sees them. Times are epoch ms; boxes and points are plain columns, so that
 * PostgreSQL can serve them; JSON is text. Which process writes a table stands beside its migration.
 */
export type RecordsDb = {
  device: {
    id: string
    name: string
    kind: string
    format: string
    area: string
    asset_id: string | null
    lng: number | null
    lat: number | null
    expected_interval_s: number | null
    bridge_id: string | null
    external_id: string | null
    topic_tree: string | null
    mapping: string | null
    revoked_at: number | null
    created_at: number
    updated_at: number
    type_id: Generated<string | null>
    owner: Generated<string>
    power: Generated<string | null>
    extraction: Generated<string | null>
  }
  device_type: {
    id: string
    name: string
    kind: string
    format: string
    codec: string | null
    mapping: string | null
    extraction: string | null
    datastreams: string
    expected_interval_s: number | null
    power: string | null
    version: number
    created_at: number
    updated_at: number
  }
  codec_suspension: {
    type_id: string
    version: number
    source_hash: string
    at: number
    reason: string
  }
  datastream: {
    id: Generated<number>
    device_id: string
    name: string
    observed_property: string
    unit: string | null
    detection_limit: number | null
    saturation: number | null
    created_at: number
  }
  device_credential: {
    id: string
    device_id: string
    label: string
    secret_hash: string
    created_at: number
    expires_at: number | null
    revoked_at: number | null
  }
  device_certificate: {
    fingerprint: string
    device_id: string
    subject: string
    not_before: number
    not_after: number
    created_at: number
    revoked_at: number | null
  }
  device_location: {
    id: Generated<number>
    device_id: string
    lng: number
    lat: number
    from_at: number
    by_user: string
    reason: string
  }
  calibration: {
    id: Generated<number>
    device_id: string
    datastream: string
    version: string
    factor: number
    shift: number
    from_at: number
    created_at: number
    created_by: string
  }
  announcement: {
    id: Generated<number>
    sender_id: string
    topic: string
    component: string
    unique_id: string
    payload: string
    proposal: string
    state: string
    first_at: number
    last_at: number
    decided_by: string | null
    decided_at: number | null
  }
  connection: {
    id: string
    name: string
    kind: string
    config: string
    secret: string | null
    device_id: string
    enabled: number
    version: number
    created_at: number
    updated_at: number
  }
  connection_state: {
    connection_id: string
    state: string
    state_at: number
    last_message_at: number | null
    last_error: string | null
    last_error_at: number | null
    received: number
    next_at: number | null
    cursor: string | null
    note: Generated<string | null>
  }
  device_state: {
    device_id: string
    state: string
    state_at: number
    last_message_at: number | null
    last_topic: string | null
    accepted: number
    refused: number
    last_reject_code: string | null
    last_reject_at: number | null
    backfill_sent: number | null
    backfill_total: number | null
    lng: number | null
    lat: number | null
    battery: Generated<number | null>
    battery_at: Generated<number | null>
    /** `%` or `V` */
    battery_unit: Generated<string | null>
    frame_count: Generated<number | null>
    frame_session: Generated<string | null>
    frames_lost: Generated<number>
    frames_lost_at: Generated<number | null>
    /** JSON list of frame counters that may still come */
    frames_missing: Generated<string>
    /** JSON list of the moments at which it fell away, newest last */
    drops: Generated<string>
    clock: Generated<string | null>
    clock_offset_ms: Generated<number | null>
    clock_at: Generated<number | null>
    clock_memory: Generated<string | null>
  }
  asset: {
    id: string
    kind: string
    name: string
    street: string
    lng: number
    lat: number
    circuit: string | null
    nominal_power_w: number | null
    height_m: number | null
    source: string
    imported_at: number
  }
  network_version: {
    id: Generated<number>
    kind: string
    name: string
    imported_at: number
    active: number
  }
  wegvak: {
    id: Generated<number>
    version_id: number
    wvk_id: string
    valid_from: string
    street: string
    municipality: string
    authority: string
    bst: string
    direction: string
    pavement: string
    junction_from: string
    junction_to: string
    length_m: number
    line: string
    min_lng: number
    min_lat: number
    max_lng: number
    max_lat: number
  }
  stretch: {
    id: string
    version_id: number
    wvk_id: string
    idx: number
    from_m: number
    to_m: number
    street: string
    pavement: string
    direction: string
    line: string
    lng: number
    lat: number
  }
  road_object: {
    id: string
    kind: string
    lng: number
    lat: number
    source: string
    imported_at: number
  }
  evidence: {
    id: string
    hypothesis: string
    stretch_id: string | null
    asset_id: string | null
    lng: number
    lat: number
    heading: number | null
    sigma: number
    time: number
    received_at: number
    llr: number
    source_kind: string
    source_id: string
    model: string
    features: string
    snippet: string | null
  }
  condition: {
    stretch_id: string
    roughness: number
    sigma: number
    grade: number
    passes: number
    vehicles: number
    first_pass_at: number
    last_pass_at: number
    model: string
    updated_at: number
  }
  flag: {
    id: string
    hypothesis: string
    stretch_id: string | null
    asset_id: string | null
    state: string
    opened_at: number
    closed_at: number | null
    posterior: number
    lng: number
    lat: number
    street: string
    votes_for: number
    votes_against: number
    sources: number
    last_evidence_at: number
    model: string
    late: number
    created_at: number
    updated_at: number
  }
  judgement: {
    id: string
    kind: string
    flag_id: string | null
    hypothesis: string
    stretch_id: string | null
    asset_id: string | null
    lng: number
    lat: number
    verdict: string
    reason: string
    text: string
    by_user: string
    at: number
  }
  drive: {
    device_id: string
    drive_id: string
    started_at: number
    last_chunk_at: number
    chunks: number
    samples: number
    closed: number
    processed_chunks: number
    lease_until: number
    state: string
  }
  case_file: {
    id: string
    flag_id: string | null
    title: string
    hypothesis: string
    state: string
    priority: string
    assignee_id: string | null
    team: string
    deadline_at: number | null
    stretch_id: string | null
    asset_id: string | null
    street: string
    lng: number
    lat: number
    description: string
    created_at: number
    created_by: string
    closed_at: number | null
    close_reason: string | null
    updated_at: number
    version: number
  }
  case_event: {
    id: Generated<number>
    case_id: string
    at: number
    actor_id: string
    actor_name: string
    kind: string
    from_value: string | null
    to_value: string | null
    text: string
  }
  person: {
    id: string
    login: string
    name: string
    role: string
    team: string
    password_hash: string | null
    invite_hash: string | null
    invite_expires_at: number | null
    disabled_at: number | null
    created_at: number
  }
  session: {
    token_hash: string
    person_id: string
    created_at: number
    expires_at: number
    last_seen_at: number
  }
  change: {
    id: Generated<number>
    at: number
    kind: string
    ref: string
    data: string
  }
  job: {
    id: Generated<number>
    kind: string
    payload: string
    state: string
    lease_until: number
    created_at: number
    created_by: string
    finished_at: number | null
    result: string | null
    progress: Generated<string | null>
  }
  setting: {
    key: string
    value: string
  }
  consumer_position: {
    consumer: string
    epoch: number
    sequence: number
  }
  audit: {
    id: Generated<number>
    at: number
    actor: string
    action: string
    object: string
    result: string
    origin: string
  }
  quarantine: {
    id: Generated<number>
    /** epoch and sequence of the journal record: one message is kept once */
    epoch: number
    sequence: number
    device_id: string
    topic: string
    received_at: number
    payload: Uint8Array
    bytes: number
    code: string
    pointer: string
    expected: string
    got: string
    hint: string
    correlation_id: string
    /** JSON list of all reasons, when there are several */
    rejections: Generated<string | null>
    /** 1 once the error reached the broker */
    told: Generated<number>
    /** replays that were refused again */
    attempts: Generated<number>
    /** in whose name it came in */
    sender_id: Generated<string | null>
    /** the replay that it waits for */
    job_id: Generated<number | null>
  }
  recent_message: {
    device_id: string
    slot: number
    topic: string
    received_at: number
    bytes: number
    payload: Uint8Array | null
    verdict: string
    summary: string
    epoch: Generated<number | null>
    sequence: Generated<number | null>
    correlation_id: Generated<string | null>
  }
}
