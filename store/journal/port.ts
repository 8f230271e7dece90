/** Where a reader stands. Epochs grow with each start of the writer, sequences never restart: neither is reused. */
export type JournalPosition = { epoch: number; sequence: number }

/** One accepted publish, as it came. */
export type JournalRecord = {
  position: JournalPosition
  /** epoch ms, when the broker took it; the same at every replay of the journal */
  receivedAt: number
  /** the authenticated device that published, not what the topic claims */
  deviceId: string
  topic: string
  payload: Uint8Array
}

export type JournalHealth = {
  state: 'ok' | 'disk_full' | 'backlog_full' | 'failed'
  since: number
  detail: string
  bytes: number
  watermark: JournalPosition
}

/** The one writer. */
export type JournalWriter = {
  /**
   * Put a publish in the journal; `done` is called, in the order of the calls, once it is on disk (`fdatasync`), or
   * with an error when it could not be written: then nothing of it will ever be read and nobody may be told it was
   * stored.
   */
  append(record: Omit<JournalRecord, 'position'>, done: (error?: Error) => void): void
  health(): JournalHealth
  close(): Promise<void>
}

/** A consumer of the journal in any process. Never passes the writer's durable watermark. */
export type JournalReader = {
  /** Up to `maxRecords` or `maxBytes` after the position of the last read; an empty list when there is nothing yet. */
  read(maxRecords: number, maxBytes: number): Promise<JournalRecord[]>
  /** Resolves when there may be something to read, or after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void>
  /** Tell the trimmer that this consumer needs nothing up to and including the position. */
  commit(position: JournalPosition): Promise<void>
  /** records between this reader and the watermark */
  lag(): number
  close(): Promise<void>
}
