import type { Config } from '../config.ts'
import type { Logger } from '../log.ts'
import type { ReadingsReader } from '../store/readings/port.ts'
import type { Records } from '../store/records/open.ts'
import type { Secrets } from '../store/secrets.ts'
import type { Bus } from './bus.ts'

/** What the api is made of; `api/main.ts` wires it, tests wire it with stores in a temporary folder. */
export type ApiDeps = {
  config: Config
  log: Logger
  records: Records
  readings: ReadingsReader
  secrets: Secrets
  bus: Bus
  /** epoch ms */
  now: () => number
  /** folder of the built web application; it may appear later */
  uiFolder: string
}
