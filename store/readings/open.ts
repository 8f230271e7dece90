import type { ReadingsReader, ReadingsWriter } from './port.ts'
import { openSqliteReadingsReader, type ReadingsReaderOptions } from './reader.ts'
import { openSqliteReadingsWriter, type ReadingsWriterOptions } from './writer.ts'

/** The writing half: ingest alone opens it. */
export async function openReadingsWriter(options: ReadingsWriterOptions): Promise<ReadingsWriter> {
  return openSqliteReadingsWriter(options)
}

/** The reading half: any process, any number. */
export async function openReadingsReader(options: ReadingsReaderOptions): Promise<ReadingsReader> {
  return openSqliteReadingsReader(options)
}
