import type { Codecs } from '../ingest/codec/codecs.ts'
import type { Credentials } from '../store/records/credentials.ts'
import type { Passwords } from './auth/password.ts'
import type { ApiDeps } from './deps.ts'
import type { Features } from './features/layers.ts'
import type { Hub } from './live/hub.ts'
import type { Mirror } from './live/mirror.ts'
import type { Tiles } from './tiles/tiles.ts'

/** What the routes share: the dependencies and what createApp made of them. */
export type Context = ApiDeps & {
  mirror: Mirror
  hub: Hub
  tiles: Tiles
  features: Features
  passwords: Passwords
  /** codecs of device types, in a sandbox that starts with the first of them */
  codecs: Codecs
  /** secrets of devices, as the broker reads them */
  credentials: Credentials
}
