import express, { type Express } from 'express'
import helmet from 'helmet'
import { createCodecs } from '../ingest/codec/codecs.ts'
import { liveKey, MAX_WATCHES, readDigest, WATCH_EVERY_MS } from '../model/live.ts'
import { WATCH_EVENT_TOPIC } from '../model/topics.ts'
import { openCredentials } from '../store/records/credentials.ts'
import { createPasswords } from './auth/password.ts'
import type { Context } from './context.ts'
import type { ApiDeps } from './deps.ts'
import { createFeatures } from './features/layers.ts'
import { checkContentEncoding } from './ingest/body.ts'
import { createHub, type Hub } from './live/hub.ts'
import { createMirror } from './live/mirror.ts'
import { API_VERSION, correlate, mountRoutes, problemHandler } from './mount.ts'
import { buildOpenApi } from './openapi.ts'
import { HttpProblem } from './problem.ts'
import { readTownSettings } from './queries/settings.ts'
import { publicRoute, type Route } from './route.ts'
import { announcementRoutes } from './routes/announcements.ts'
import { assetRoutes } from './routes/assets.ts'
import { calibrationRoutes } from './routes/calibrations.ts'
import { caseRoutes } from './routes/cases.ts'
import { connectionRoutes } from './routes/connections.ts'
import { credentialRoutes } from './routes/credentials.ts'
import { datastreamRoutes } from './routes/datastreams.ts'
import { deviceImportRoutes } from './routes/device-imports.ts'
import { deviceLocationRoutes } from './routes/device-locations.ts'
import { deviceTypeRoutes } from './routes/device-types.ts'
import { deviceRoutes } from './routes/devices.ts'
import { eventRoutes } from './routes/events.ts'
import { exportRoutes } from './routes/exports.ts'
import { featureRoutes } from './routes/features.ts'
import { flagRoutes } from './routes/flags.ts'
import { freshnessRoutes } from './routes/freshness.ts'
import { ingestRoutes } from './routes/ingest.ts'
import { jobRoutes } from './routes/jobs.ts'
import { messageRoutes } from './routes/messages.ts'
import { peopleRoutes } from './routes/people.ts'
import { quarantineRoutes } from './routes/quarantine.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { stretchRoutes } from './routes/stretches.ts'
import { townRoutes } from './routes/town.ts'
import { trialRoutes } from './routes/trials.ts'
import { serveUi } from './static.ts'
import { createTiles } from './tiles/tiles.ts'

/** Whoever changed the store without a poke (the broker is away) is noticed within this time. */
const LOOK_EVERY_MS = 1_000
/** Whoever asks something else waits as long for a codec that goes nowhere. */
const CODEC_MS = 500
const BODY_MAX = '256kb'

type App = {
  express: Express
  /** everything that is mounted under /v1 */
  routes: readonly Route[]
  /** who listens live */
  hub: Hub
  /** end live streams, timers and the tile thread; the server itself is the caller's */
  close(): Promise<void>
}

/** The API and the web application as one Express app, not listening yet. */
export function createApp(deps: ApiDeps): App {
  const { config, records, bus, log } = deps
  const mirror = createMirror(records)
  const hub = createHub({ records, mirror })
  const tiles = createTiles({
    dataDir: config.dataDir,
    mirror,
    log,
    onBuilt: () => hub.pass('tiles', '{}'),
  })
  const credentials = openCredentials({ records, log })
  const context: Context = {
    ...deps,
    mirror,
    hub,
    tiles,
    features: createFeatures(),
    passwords: createPasswords(),
    credentials,
    codecs: createCodecs({ log, limits: { wallMs: CODEC_MS } }),
  }
  const routes = allRoutes(context)

  const look = () => {
    mirror.sync().catch((error: unknown) => log.warn({ err: error }, 'changes could not be read'))
  }
  bus.onChangePoke(look)
  bus.onLive((kind, payload) => {
    if (kind === 'vehicle') return hub.pass(kind, payload)
    const digest = readDigest(payload)
    if (digest) hub.passMessages(digest.key, JSON.stringify(digest.messages))
  })
  const watch = () => {
    const filters = [...new Map(hub.watched().map((filter) => [liveKey(filter), filter])).values()]
    if (filters.length > 0)
      bus.poke(WATCH_EVENT_TOPIC, JSON.stringify({ filters: filters.slice(0, MAX_WATCHES) }))
  }
  hub.onWatch(watch)
  const watchTimer = setInterval(watch, WATCH_EVERY_MS)
  watchTimer.unref()
  const timer = setInterval(look, LOOK_EVERY_MS)
  timer.unref()

  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.enable('strict routing')
  app.enable('case sensitive routing')
  if (config.behindProxy) app.set('trust proxy', 1)
  app.use(correlate())
  app.use(securityHeaders(deps))
  app.use('/v1', (_req, res, next) => {
    res.set('API-Version', API_VERSION)
    res.set('Cache-Control', 'no-store')
    next()
  })
  const json = express.json({
    limit: BODY_MAX,
    strict: true,
    type: ['application/json', 'application/*+json'],
  })
  // What devices post is kept byte by byte, and has a limit of its own.
  app.use('/v1', (req, res, next) => {
    if (req.path.startsWith('/ingest/')) return next()
    checkContentEncoding(req)
    json(req, res, next)
  })
  mountRoutes(app, routes, deps)
  app.use('/v1', (req, _res, next) => {
    next(new HttpProblem(404, 'not_found', `There is nothing at ${req.originalUrl.split('?')[0]}.`))
  })
  app.use(serveUi(deps.uiFolder))
  app.use((_req, _res, next) => {
    next(
      new HttpProblem(405, 'method_not_allowed', 'Pages are only read.', { headers: { Allow: 'GET, HEAD' } }),
    )
  })
  app.use(problemHandler(deps))

  return {
    express: app,
    routes,
    hub,
    async close() {
      clearInterval(timer)
      clearInterval(watchTimer)
      credentials.close()
      hub.close()
      context.codecs.close()
      await tiles.close()
    },
  }
}

function allRoutes(context: Context): Route[] {
  let document: unknown
  const routes: Route[] = [
    publicRoute({
      method: 'get',
      path: '/v1/openapi.json',
      tag: 'town',
      summary: 'This document',
      responses: { 200: { description: 'OpenAPI 3.1', type: 'application/json' } },
      async handle() {
        document ??= buildOpenApi(routes)
        return { body: document, headers: { 'Access-Control-Allow-Origin': '*' } }
      },
    }),
    ...sessionRoutes(context),
    ...peopleRoutes(context),
    ...townRoutes(context),
    ...eventRoutes(context),
    ...flagRoutes(context),
    ...stretchRoutes(context),
    ...featureRoutes(context),
    ...assetRoutes(context),
    ...datastreamRoutes(context),
    ...calibrationRoutes(context),
    ...caseRoutes(context),
    ...deviceRoutes(context),
    ...credentialRoutes(context),
    ...deviceLocationRoutes(context),
    ...deviceImportRoutes(context),
    ...freshnessRoutes(context),
    ...announcementRoutes(context),
    ...deviceTypeRoutes(context),
    ...messageRoutes(context),
    ...quarantineRoutes(context),
    ...jobRoutes(context),
    ...trialRoutes(context),
    ...ingestRoutes(context),
    ...connectionRoutes(context),
    ...exportRoutes(context),
  ]
  return routes
}

/** Headers of the API Design Rules (transport/security-headers) and a policy that lets the map draw and no script in. */
function securityHeaders(deps: ApiDeps) {
  const { config, records } = deps
  const overTls = config.tls !== null || config.behindProxy
  const baseMapHost = () => {
    const { baseMap } = readTownSettings(records, config)
    // Tile servers write {s} for one of several hosts.
    return baseMap ? (/^https?:\/\/[^/?#]+/.exec(baseMap.url)?.[0].replace('{s}', '*') ?? '') : ''
  }
  let known: { at: number; host: string } | undefined
  const host = () => {
    if (!known || deps.now() - known.at > 10_000) known = { at: deps.now(), host: baseMapHost() }
    return known.host
  }
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        // React Aria and Leaflet set styles on elements.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:', () => host() || "'self'"],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        workerSrc: ["'self'", 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'same-origin' },
    // A certificate or a proxy with one: never over plain HTTP on a loopback address.
    strictTransportSecurity: overTls ? { maxAge: 31_536_000, includeSubDomains: false } : false,
  })
}
