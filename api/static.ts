import { existsSync } from 'node:fs'
import path from 'node:path'
import express, { type RequestHandler, Router } from 'express'

const NOT_BUILT = `<!doctype html><html lang="nl"><meta charset="utf-8"><title>Schouw</title>
<h1>De webapplicatie is nog niet gebouwd</h1>
<p>De API werkt. <code>npm start</code> bouwt de webapplicatie; ververs deze pagina als dat klaar is.</p>
<p lang="en">The web application has not been built yet. The API works; <code>npm start</code> builds it.</p></html>`

/**
 * The built web application: files with a hash in their name are kept for a year, index.html is asked for each time,
 * and every other address that is not the API's is a page of the application. The folder may appear later.
 */
export function serveUi(folder: string): RequestHandler {
  const router = Router({ strict: true })
  router.use(
    '/assets',
    express.static(path.join(folder, 'assets'), {
      immutable: true,
      maxAge: '365d',
      index: false,
      redirect: false,
      fallthrough: true,
    }),
    (_req, res) => {
      // A missing asset is not a page: an old tab learns that it is old.
      res.status(404).type('text/plain').send('Not found')
    },
  )
  router.use(express.static(folder, { index: false, redirect: false, maxAge: 0, cacheControl: true }))
  router.use((req, res, next) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') return next()
    const index = path.join(folder, 'index.html')
    res.set('Cache-Control', 'no-cache')
    if (!existsSync(index)) {
      res.status(503).set('Retry-After', '10').type('html').send(NOT_BUILT)
      return
    }
    res.sendFile(index, { cacheControl: false })
  })
  return router
}
