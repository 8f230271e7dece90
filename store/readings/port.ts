/** One reading, normalised: canonical unit, epoch ms. */
export type Reading = {
  deviceId: string
  /** datastream name within the device: the property's name, or `property/name` when a device has several */
  datastream: string
  property: string
  /** phenomenonTime */
  ms: number
  /** nanoseconds below the millisecond */
  ns: number
  /** number; truth as 0 or 1; category as the index of its code */
  value: number
  resultMs: number
  /** when the broker took the message, epoch ms: what a correction shows as its arrival */
  receivedAt: number
  /** '' when the sender gave none */
  messageId: string
  /** bits of model/quality.ts */
  quality: number
  /** as it was sent, when a unit was converted or a calibration applied */
  rawValue: number | null
  rawUnit: string | null
  /** version of the calibration that made `value` of what was sent; null: none */
  calibration: string | null
  /** of what was measured over an interval, which is stored at its start: how long it took; null: at one moment */
  durationMs: number | null
}

export type JournalMark = { epoch: number; sequence: number }

export type WriteOutcome = {
  stored: number
  /** the same value again: nothing changed */
  repeats: number
  /** another value for the same key: kept with its history, the later resultTime is valid */
  corrections: number
}

/** A drive chunk as it is stored: one compressed row, counted in samples. */
export type StoredChunk = {
  deviceId: string
  driveId: string
  chunk: number
  startMs: number
  samples: number
  last: boolean
  receivedAt: number
  /** JSON of the validated DriveChunkPayload, UTF-8; the store compresses it and gives it back as it was */
  body: Uint8Array
}

/** What is known of a drive from its stored chunks alone: the same whatever order they came in. */
export type DriveProgress = {
  deviceId: string
  driveId: string
  startedMs: number
  /** when its newest chunk came in */
  lastReceivedAt: number
  /** chunks without a gap from number 0 on */
  contiguous: number
  /** samples of all stored chunks */
  samples: number
  /** the last chunk is in, and nothing before it is missing */
  complete: boolean
}

export type DatastreamInfo = {
  id: number
  deviceId: string
  name: string
  property: string
  count: number
  latest: { ms: number; ns: number; value: number; quality: number } | null
  /** over how long its latest reading was measured; null: at one moment, or there is none */
  durationMs: number | null
  /** keys that have more than one value */
  corrections: number
}

export type SeriesPoint = {
  /** start of the window (or the moment of the reading when not downsampled), epoch ms */
  ms: number
  /** nanoseconds below it, of a reading */
  ns: number
  mean: number
  min: number
  max: number
  count: number
  quality: number
  /** version of the calibration of all of it; null: none, or several in one window */
  calibration: string | null
  /** as it was sent, of a reading that was converted or calibrated; null of windows */
  raw: { value: number; unit: string } | null
}

export type ComparedDay = { property: string; day: number }

/** Hours 0..23 UTC of a day (UTC, epoch day) in which a datastream disagreed with those that stand beside it. */
export type ColocationMark = { datastreamId: number; day: number; hours: ReadonlySet<number> }

/** Median of each hour (0..23 UTC) of a day; null where there is no reading. */
export type HourlyMedians = { datastreamId: number; medians: (number | null)[] }

export type Correction = {
  ms: number
  ns: number
  value: number
  resultMs: number
  receivedAt: number
  valid: boolean
}

/**
 * The readings port. The embedded store implements it now, InfluxDB later: so everything is async, and nothing here
 * speaks SQL. `openReadingsWriter` (ingest alone) and `openReadingsReader` (any process) give the two halves.
 */
export type ReadingsWriter = {
  /** All or nothing, with the journal mark in the same transaction. Writing the same batch twice changes nothing. */
  write(batch: {
    readings: Reading[]
    chunks: StoredChunk[]
    mark: JournalMark | null
  }): Promise<WriteOutcome>
  /** How far this store has taken the journal. */
  mark(): Promise<JournalMark | null>
  /** Names of the datastreams of these devices; a device without any is left out. */
  datastreamNames(deviceIds: readonly string[]): Promise<Map<string, string[]>>
  /** How far these drives are, in the order asked; drives without a stored chunk are left out. */
  driveProgress(drives: readonly { deviceId: string; driveId: string }[]): Promise<DriveProgress[]>
  /**
   * Days (UTC, epoch days) of a property on which readings changed since they were last asked for: what stands together
   * is to be compared again. They are asked for again after a crash, until `compared` says that they were taken care of.
   */
  toCompare(limit: number): Promise<ComparedDay[]>
  compared(days: readonly ComparedDay[]): Promise<void>
  /** The bit `colocation` of a day of each datastream: set in the hours named, cleared in the others. All or nothing. */
  setColocation(marks: readonly ColocationMark[]): Promise<void>
  /** Raw drives older than `beforeMs` (received) go. Returns how many chunks were deleted. */
  deleteChunksBefore(beforeMs: number): Promise<number>
  close(): Promise<void>
}

export type ReadingsReader = {
  datastreams(filter: { deviceIds?: string[]; property?: string; id?: number }): Promise<DatastreamInfo[]>
  /**
   * Readings of one datastream in [fromMs, toMs), downsampled to at most `maxPoints` windows when there are more.
   *
   * @param exclude bits of model/quality.ts: readings with any of them are left out; 0 or absent: none is
   */
  series(
    datastreamId: number,
    fromMs: number,
    toMs: number,
    maxPoints: number,
    exclude?: number,
  ): Promise<SeriesPoint[]>
  /** Of one day (UTC, epoch day), for comparing datastreams with each other. */
  hourlyMedians(datastreamIds: readonly number[], day: number): Promise<HourlyMedians[]>
  corrections(datastreamId: number, fromMs: number, toMs: number): Promise<Correction[]>
  /** Stored chunks of one drive in order from `fromChunk`; of a drive beyond 128 MB the rest by asking on from there. */
  chunks(deviceId: string, driveId: string, fromChunk: number): Promise<StoredChunk[]>
  /** Totals for health and for tests: distinct stored readings, chunks and samples. */
  totals(): Promise<{ readings: number; chunks: number; samples: number; datastreams: number }>
  close(): Promise<void>
}
