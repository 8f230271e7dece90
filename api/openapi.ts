import { createDocument, type ZodOpenApiPathsObject, type ZodOpenApiResponsesObject } from 'zod-openapi'
import {
  assetSchema,
  caseDetailSchema,
  caseSchema,
  changeSchema,
  conditionHistorySchema,
  conditionSchema,
  datastreamSchema,
  deviceSchema,
  evidenceSchema,
  flagDetailSchema,
  flagSchema,
  healthSchema,
  meSchema,
  personSchema,
  problemSchema,
  recentMessageSchema,
  seriesSchema,
  streetSchema,
  townSchema,
} from '../model/api.ts'
import { deviceTypeSchema, jobSchema, quarantineItemSchema, trialResultSchema } from '../model/desk.ts'
import { API_VERSION } from './mount.ts'
import type { Access, Route } from './route.ts'

const DESCRIPTION = `The interface of Schouw: what devices reported, what was concluded from it per stretch of road, lamp and
air post, and the cases that follow. Times are RFC 3339 in UTC; positions are WGS84 longitude and latitude.
Resource names are English, a deviation from the API Design Rules (interface-language): readings speak SensorThings
and GeoJSON, which are English.`

/** The OpenAPI 3.1 document, made of the very schemas that validate. */
export function buildOpenApi(routes: readonly Route[]) {
  const paths: ZodOpenApiPathsObject = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route) }
  }
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Schouw',
      version: API_VERSION,
      description: DESCRIPTION,
      license: { name: 'EUPL-1.2', identifier: 'EUPL-1.2' },
      contact: {
        name: 'Beheer Schouw',
        email: 'schouw@schouw.example',
        url: 'https://schouw.example/',
      },
    },
    servers: [{ url: '/', description: 'This installation' }],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: {
        Asset: assetSchema,
        Case: caseSchema,
        CaseDetail: caseDetailSchema,
        Change: changeSchema,
        Condition: conditionSchema,
        ConditionHistory: conditionHistorySchema,
        Datastream: datastreamSchema,
        Device: deviceSchema,
        DeviceType: deviceTypeSchema,
        Evidence: evidenceSchema,
        Flag: flagSchema,
        FlagDetail: flagDetailSchema,
        Health: healthSchema,
        Job: jobSchema,
        Me: meSchema,
        Message: recentMessageSchema,
        Person: personSchema,
        Problem: problemSchema,
        QuarantineItem: quarantineItemSchema,
        Series: seriesSchema,
        Street: streetSchema,
        Town: townSchema,
        TrialResult: trialResultSchema,
      },
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'schouw_session' },
        device: { type: 'http', scheme: 'basic' },
        deviceSecret: { type: 'http', scheme: 'bearer' },
      },
    },
  })
}

function operation(route: Route) {
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, roles(route.access)].filter(Boolean).join('\n\n'),
    security: securityOf(route.access),
    requestParams: {
      ...(route.params ? { path: route.params } : {}),
      ...(route.query ? { query: route.query } : {}),
    },
    ...(route.ifMatch
      ? {
          parameters: [
            {
              name: 'If-Match',
              in: 'header' as const,
              required: true,
              description: 'ETag of the version that the change is based on',
              schema: { type: 'string' as const },
            },
          ],
        }
      : {}),
    ...(route.body
      ? {
          requestBody: {
            required: !route.body.safeParse({}).success,
            content: { 'application/json': { schema: route.body } },
          },
        }
      : {}),
    ...(route.consumes
      ? { requestBody: { required: true, content: Object.fromEntries(route.consumes.map((t) => [t, {}])) } }
      : {}),
    responses: responses(route),
  }
}

function securityOf(access: Access): Record<string, string[]>[] {
  if (access === 'public') return []
  return access === 'device' ? [{ device: [] }, { deviceSecret: [] }] : [{ session: [] }]
}

function roles(access: Access): string {
  if (access === 'public') return 'Without login.'
  if (access === 'device')
    return 'For devices and programs, with the secret of a device: HTTP Basic with its id as user name, or as a bearer token.'
  if (access === 'any') return 'For everyone who is logged in.'
  return `For: ${[...access, 'administrator'].join(', ')}.`
}

function operationId(route: Route): string {
  const words = route.path
    .replace(/^\/v1\//, '')
    .split(/[/.-]/)
    .map((part) => part.replaceAll(/[{}]/g, ''))
    .filter((part) => part !== '')
  return route.method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function responses(route: Route): ZodOpenApiResponsesObject {
  const all: ZodOpenApiResponsesObject = {}
  const headers = {
    'API-Version': { description: 'Version of this interface', schema: { type: 'string' as const } },
  }
  for (const [status, { description, schema, type }] of Object.entries(route.responses)) {
    const media = type ?? 'application/json'
    all[status as `${1 | 2 | 3 | 4 | 5}${string}`] = {
      description,
      headers,
      ...(schema
        ? { content: { [media]: { schema } } }
        : type
          ? { content: { [media]: { schema: { type: 'string' as const } } } }
          : {}),
    }
  }
  const refusals: [string, string][] = [
    ...(route.params || route.query || route.body
      ? ([['400', 'Something that was sent is not right']] as [string, string][])
      : []),
    ...(route.access === 'public' ? [] : ([['401', 'Not logged in']] as [string, string][])),
    ...(Array.isArray(route.access) ? ([['403', 'Not for this role']] as [string, string][]) : []),
    ...(route.ifMatch
      ? ([
          ['412', 'Changed meanwhile; currentVersion says which version it is now'],
          ['428', 'If-Match is needed'],
        ] as [string, string][])
      : []),
    ['default', 'Refused or failed'],
  ]
  for (const [status, description] of refusals) {
    all[status as 'default'] ??= {
      description,
      headers,
      content: { 'application/problem+json': { schema: problemSchema } },
    }
  }
  return all
}
