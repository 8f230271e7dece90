import { z } from 'zod'

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback)
const count = (fallback: number, min = 1) => z.coerce.number().int().min(min).default(fallback)
const flag = z
  .enum(['0', '1', 'true', 'false'])
  .default('0')
  .transform((v) => v === '1' || v === 'true')

/** Every setting of Schouw, its environment variable, default and unit. */
const schema = z.object({
  /** data folder; the demo and a real municipality never share one */
  SCHOUW_DATA_DIR: z.string().min(1).default('data/town'),
  /** what listens, listens here; anything but loopback needs a certificate or SCHOUW_BEHIND_PROXY */
  SCHOUW_HOST: z.string().default('127.0.0.1'),
  SCHOUW_HTTP_PORT: port(8080),
  SCHOUW_MQTT_PORT: port(1883),
  SCHOUW_WS_PORT: port(8083),
  SCHOUW_MQTTS_PORT: port(8883),
  /** PEM files; both or neither. With them MQTT and HTTPS listen with TLS */
  SCHOUW_TLS_CERT: z.string().optional(),
  SCHOUW_TLS_KEY: z.string().optional(),
  SCHOUW_BEHIND_PROXY: flag,
  /** origins of web pages that may use MQTT over WebSocket, with commas between, e.g. https://dashboard.example.nl */
  SCHOUW_WS_ORIGINS: z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((origin) => origin.trim() || [])),
  /** the invented town with its simulators; off in a real municipality */
  SCHOUW_DEMO: flag,
  /** seed of the invented town */
  SCHOUW_SEED: count(7, 0),
  /** days of history that the invented town sends at its first start */
  SCHOUW_HISTORY_DAYS: count(21, 0),
  SCHOUW_LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
  /** bytes of one MQTT payload */
  SCHOUW_MAX_PAYLOAD_BYTES: count(512 * 1024),
  SCHOUW_MAX_CONNECTIONS: count(20_000),
  /** failed logins per minute, per address and name (unknown names together), before more are refused */
  SCHOUW_MAX_FAILED_LOGINS: count(30),
  /** messages per second of one device, averaged over ten seconds: more is a flood, cut off over MQTT, refused over HTTP */
  SCHOUW_MAX_MESSAGE_RATE: count(5_000),
  SCHOUW_JOURNAL_SEGMENT_BYTES: count(64 * 1024 * 1024, 4096),
  /** read records are kept at most this long and this much; unread ones always */
  SCHOUW_JOURNAL_KEEP_HOURS: count(24, 0),
  SCHOUW_JOURNAL_KEEP_BYTES: count(1024 * 1024 * 1024),
  /** unread bytes at which the broker stops acknowledging */
  SCHOUW_JOURNAL_MAX_UNREAD_BYTES: count(8 * 1024 * 1024 * 1024),
  SCHOUW_QUARANTINE_MAX_BYTES: count(256 * 1024 * 1024),
  SCHOUW_QUARANTINE_KEEP_DAYS: count(30),
  /** raw drives are deleted this many hours after they came in */
  SCHOUW_DRIVE_KEEP_HOURS: count(72),
  /** m cut off at both ends of a drive before anything is derived from it */
  SCHOUW_TRIP_END_TRIM_M: count(100, 0),
  /**
   * where connections to other systems may go although it is no public address: `1` anywhere, or hosts, addresses and
   * ranges with commas between, e.g. chirpstack.lan,10.1.0.0/16
   */
  SCHOUW_ALLOW_PRIVATE_ADDRESSES: z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((part) => part.trim().toLowerCase() || []))
    .transform((parts) => ({
      all: parts.some((part) => part === '1' || part === 'true'),
      hosts: parts.filter((part) => !['0', '1', 'true', 'false'].includes(part)),
    })),
  /** minutes between comparisons of sensors that stand together; 0: never */
  SCHOUW_COMPARE_MINUTES: count(10, 0),
  /** a persistent MQTT session that nobody came back for is forgotten after this many days */
  SCHOUW_SESSION_KEEP_DAYS: count(7),
})

/** Settings of one process: validated, frozen. */
export type Config = {
  dataDir: string
  host: string
  httpPort: number
  mqttPort: number
  wsPort: number
  mqttsPort: number
  tls: { certPath: string; keyPath: string } | null
  behindProxy: boolean
  wsOrigins: readonly string[]
  demo: boolean
  seed: number
  historyDays: number
  logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug'
  maxPayloadBytes: number
  maxConnections: number
  maxFailedLogins: number
  maxMessageRate: number
  journal: { segmentBytes: number; keepHours: number; keepBytes: number; maxUnreadBytes: number }
  quarantine: { maxBytes: number; keepDays: number }
  driveKeepHours: number
  tripEndTrimM: number
  compareMinutes: number
  sessionKeepDays: number
  /** where connections may go beside public addresses: everywhere, or to these hosts, addresses and CIDR ranges */
  privateAddresses: { all: boolean; hosts: readonly string[] }
}

/**
 * Read the environment once. Only `main.ts` files call this, with `process.env`.
 *
 * @throws Error that names every faulty setting, not just the first
 */
export function loadConfig(env: Record<string, string | undefined>): Readonly<Config> {
  const parsed = schema.safeParse(env)
  const faults = parsed.success ? [] : parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`)
  if (Boolean(env.SCHOUW_TLS_CERT) !== Boolean(env.SCHOUW_TLS_KEY)) {
    faults.push('SCHOUW_TLS_CERT and SCHOUW_TLS_KEY belong together')
  }
  const v = parsed.data
  if (v && !isLoopback(v.SCHOUW_HOST) && !v.SCHOUW_TLS_CERT && !v.SCHOUW_BEHIND_PROXY) {
    faults.push(
      `SCHOUW_HOST=${v.SCHOUW_HOST} needs SCHOUW_TLS_CERT and SCHOUW_TLS_KEY, or SCHOUW_BEHIND_PROXY=1`,
    )
  }
  if (faults.length > 0 || !v) throw new Error(`Settings are wrong:\n- ${faults.join('\n- ')}`)
  return Object.freeze({
    dataDir: v.SCHOUW_DATA_DIR,
    host: v.SCHOUW_HOST,
    httpPort: v.SCHOUW_HTTP_PORT,
    mqttPort: v.SCHOUW_MQTT_PORT,
    wsPort: v.SCHOUW_WS_PORT,
    mqttsPort: v.SCHOUW_MQTTS_PORT,
    tls:
      v.SCHOUW_TLS_CERT && v.SCHOUW_TLS_KEY
        ? { certPath: v.SCHOUW_TLS_CERT, keyPath: v.SCHOUW_TLS_KEY }
        : null,
    behindProxy: v.SCHOUW_BEHIND_PROXY,
    wsOrigins: v.SCHOUW_WS_ORIGINS,
    demo: v.SCHOUW_DEMO,
    seed: v.SCHOUW_SEED,
    historyDays: v.SCHOUW_HISTORY_DAYS,
    logLevel: v.SCHOUW_LOG_LEVEL,
    maxPayloadBytes: v.SCHOUW_MAX_PAYLOAD_BYTES,
    maxConnections: v.SCHOUW_MAX_CONNECTIONS,
    maxFailedLogins: v.SCHOUW_MAX_FAILED_LOGINS,
    maxMessageRate: v.SCHOUW_MAX_MESSAGE_RATE,
    journal: {
      segmentBytes: v.SCHOUW_JOURNAL_SEGMENT_BYTES,
      keepHours: v.SCHOUW_JOURNAL_KEEP_HOURS,
      keepBytes: v.SCHOUW_JOURNAL_KEEP_BYTES,
      maxUnreadBytes: v.SCHOUW_JOURNAL_MAX_UNREAD_BYTES,
    },
    quarantine: { maxBytes: v.SCHOUW_QUARANTINE_MAX_BYTES, keepDays: v.SCHOUW_QUARANTINE_KEEP_DAYS },
    driveKeepHours: v.SCHOUW_DRIVE_KEEP_HOURS,
    tripEndTrimM: v.SCHOUW_TRIP_END_TRIM_M,
    compareMinutes: v.SCHOUW_COMPARE_MINUTES,
    sessionKeepDays: v.SCHOUW_SESSION_KEEP_DAYS,
    privateAddresses: v.SCHOUW_ALLOW_PRIVATE_ADDRESSES,
  })
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
