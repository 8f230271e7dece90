import type { ReadingsReader, ReadingsWriter } from './port.ts'
import { openSqliteReadingsReader, type ReadingsReaderOptions } from './reader.ts'
import { openSqliteReadingsWriter } from './writer.ts'

/** The writing half: ingest alone opens it. */
export async function openReadingsWriter(options: { dataDir: string }): Promise<ReadingsWriter> {
  return openSqliteReadingsWriter(options.dataDir)
}

/** The reading half: any process, any number. */
export async function openReadingsReader(options: ReadingsReaderOptions): Promise<ReadingsReader> {
  return openSqliteReadingsReader(options)
}
