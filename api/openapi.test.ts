import { Validator } from '@seriousme/openapi-schema-validator'
import type { Router } from 'express'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiTown, apiTown } from '../test/support/api-town.ts'

let town: ApiTown
type Document = {
  openapi: string
  info: { version: string; contact: Record<string, string> }
  paths: Record<
    string,
    Record<string, { operationId: string; responses: Record<string, unknown>; security: unknown[] }>
  >
}
let document: Document

beforeAll(async () => {
  town = await apiTown()
  document = (await town.send<Document>('GET', '/v1/openapi.json')).body
})
afterAll(() => town.close())

test('is valid OpenAPI 3.1, public, readable from any site, with a contact', async () => {
  const answer = await town.send('GET', '/v1/openapi.json', { headers: { origin: 'https://elders.example' } })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  const result = await new Validator().validate(answer.body)
  expect(result.errors).toBeUndefined()
  expect(result.valid).toBe(true)
  expect(document.openapi).toMatch(/^3\.1\./)
  expect(document.info.version).toBe(answer.headers.get('api-version'))
  expect(Object.keys(document.info.contact).sort()).toEqual(['email', 'name', 'url'])
})

test('documents every route that Express serves, and no other', () => {
  type Layer = { route?: { path: string; methods: Record<string, boolean> } }
  const { stack } = (town.app.express as unknown as { router: Router & { stack: Layer[] } }).router
  const served = stack.flatMap(({ route }: Layer) =>
    route
      ? Object.keys(route.methods)
          // `all` of the routes that answer 405 has no method of its own
          .filter((method) => method !== '_all' && Object.keys(route.methods).length === 1)
          .map((method) => `${method} ${route.path.replaceAll(/:([a-zA-Z]+)/g, '{$1}')}`)
      : [],
  )
  const documented = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method} ${path}`),
  )
  expect(documented.length).toBeGreaterThan(35)
  expect(documented.sort()).toEqual([...new Set(served)].sort())
})

test('follows the API Design Rules: kebab-case paths, camelCase parameters, unique operations, problems documented', () => {
  const ids = new Set<string>()
  for (const [path, item] of Object.entries(document.paths)) {
    for (const segment of path.split('/').filter((part) => part !== '' && !part.startsWith('{'))) {
      expect(segment).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*(\.json)?$/)
    }
    expect(path.endsWith('/')).toBe(false)
    for (const operation of Object.values(item)) {
      expect(ids.has(operation.operationId)).toBe(false)
      ids.add(operation.operationId)
      expect(operation.responses).toHaveProperty('default')
      const parameters = (operation as { parameters?: { in: string; name: string }[] }).parameters ?? []
      for (const parameter of parameters.filter((p) => p.in === 'query')) {
        expect(parameter.name).toMatch(/^[a-z][a-zA-Z0-9]*$/)
      }
    }
  }
})
