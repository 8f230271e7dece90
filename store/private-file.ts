import { closeSync, openSync } from 'node:fs'

/**
 * Make a file that its owner alone can read, when it is not there yet. SQLite gives `-wal` and `-shm` the mode of the
 * database itself, and would make it readable for all: enough where somebody else made the data folder.
 */
export function ensurePrivateFile(file: string): void {
  closeSync(openSync(file, 'a', 0o600))
}
