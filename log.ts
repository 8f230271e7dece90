import { pino } from 'pino'

/** The four methods that any part of Schouw may ask of a logger: object first, message second. */
export type Logger = {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/**
 * Make the logger of one process. Only `main.ts` files call this; everyone else receives a `Logger`.
 *
 * @param processName 'broker' | 'ingest' | 'api' | 'simulators' | 'supervisor', written on each line
 * @param level pino level; tests use 'silent'
 */
export function createLogger(processName: string, level = 'info'): Logger {
  return pino({ name: processName, level, base: { process: processName } })
}
