import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { QUALITY } from '../../model/quality.ts'
import { ensurePrivateFile } from '../private-file.ts'

/** Readings lie together by ten minutes: new ones land in a few warm pages, whatever the number of series. */
export const BUCKET_MS = 600_000
export const BUCKETS_A_DAY = 144
export const DAY_MS = BUCKET_MS * BUCKETS_A_DAY

const VERSION = 3

/** A reading with an id that got its time from the broker: as condition of an index, word for word. */
export const UNTIMED = `message_id is not null and (quality & ${QUALITY.receiveTime}) <> 0`

/*
 * Written by ingest alone.
 * reading: key (bucket, series, t, ns), measured 7 times as fast to write as (series, t). t is ms within the bucket;
 *   result_d and received_d are ms after the phenomenonTime: small numbers take few bytes.
 * series: duration_ms is that of the latest reading, which stands at the start of what it was measured over.
 * series_day: on which days a series has readings, so that a range is read without a look into every empty bucket.
 * slot: the 144 buckets of a day, to join with.
 * correction: every value that was ever sent for a key that got more than one, the valid one too.
 * reading_message: finds a repeat of a reading that came without a time but with an id; holds only such readings.
 * recheck: days of a property that changed, for the comparison of sensors that stand together; taken: under way.
 */
const SCHEMA = `
create table if not exists series (
  id integer primary key, device_id text not null, name text not null, property text not null,
  count integer not null, first_ms integer not null,
  latest_ms integer not null, latest_ns integer not null, latest_value real not null, latest_quality integer not null,
  duration_ms integer,
  unique (device_id, name)
) strict;
create index if not exists series_property on series (property);
create table if not exists reading (
  bucket integer not null, series integer not null, t integer not null, ns integer not null,
  value real not null, quality integer not null, result_d integer not null, received_d integer not null,
  message_id text, raw_value real, raw_unit text, calibration text,
  primary key (bucket, series, t, ns)
) strict, without rowid;
create index if not exists reading_message on reading (series, message_id) where ${UNTIMED};
create table if not exists recheck (
  property text not null, day integer not null, taken integer not null, primary key (property, day)
) strict, without rowid;
create table if not exists series_day (
  series integer not null, day integer not null, primary key (series, day)
) strict, without rowid;
create table if not exists slot (n integer primary key) strict;
insert or ignore into slot
  with recursive s(n) as (select 0 union all select n + 1 from s where n < ${BUCKETS_A_DAY - 1}) select n from s;
create table if not exists correction (
  series integer not null, ms integer not null, ns integer not null, value real not null,
  result_ms integer not null, received_at integer not null, message_id text not null,
  primary key (series, ms, ns, value)
) strict, without rowid;
create table if not exists chunk (
  id integer primary key, device_id text not null, drive_id text not null, chunk integer not null,
  start_ms integer not null, samples integer not null, last integer not null, received_at integer not null,
  body blob not null
) strict;
create unique index if not exists chunk_drive on chunk (device_id, drive_id, chunk, start_ms, samples, last, received_at);
create index if not exists chunk_received on chunk (received_at);
create table if not exists mark (id integer primary key check (id = 1), epoch integer not null, sequence integer not null) strict;
pragma user_version = ${VERSION};
`

/**
 * Open `readings.sqlite` of the data folder, making it when it is not there.
 *
 * @throws when the folder cannot be used, or the file was made by a newer Schouw
 */
export function openReadingsFile(dataDir: string): DatabaseSync {
  mkdirSync(dataDir, { recursive: true })
  const file = path.join(dataDir, 'readings.sqlite')
  ensurePrivateFile(file)
  const db = new DatabaseSync(file, { timeout: 10_000 })
  // secure_delete: raw drives are traces of people; what is deleted is overwritten.
  db.exec(
    'pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on; pragma journal_size_limit = 67108864; pragma cache_size = -65536',
  )
  const { user_version: found } = db.prepare('pragma user_version').get() as { user_version: number }
  if (found > VERSION) {
    db.close()
    throw new Error(`readings.sqlite has version ${found}; this Schouw knows ${VERSION}`)
  }
  if (found < VERSION) {
    db.exec('begin immediate')
    // Another process may have been quicker.
    const { user_version: now } = db.prepare('pragma user_version').get() as { user_version: number }
    if (now === 1) db.exec('alter table reading add column calibration text')
    if (now === 1 || now === 2) db.exec('alter table series add column duration_ms integer')
    db.exec(SCHEMA)
    db.exec('commit')
  }
  return db
}
