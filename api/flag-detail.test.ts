import { afterAll, beforeAll, expect, test } from 'vitest'
import { createNeighbours } from '../detection/neighbours.ts'
import { ROAD_MODEL } from '../detection/road/params.ts'
import { type FlagDetail, flagDetailSchema } from '../model/api.ts'
import type { Evidence } from '../model/evidence.ts'
import { insertEvidence, noPlaces } from '../store/records/evidence.ts'
import { createFolder } from '../store/records/flags.ts'
import { activeStretches } from '../store/records/network.ts'
import { type ApiTown, apiTown, seedStreets } from '../test/support/api-town.ts'

let town: ApiTown
let cookie: string
const day = 86_400_000

beforeAll(async () => {
  town = await apiTown()
  cookie = (await town.logIn('inspector')).cookie
  await seedStreets(town.records, 4, Date.now())
})
afterAll(() => town.close())

/** What ingest does when vehicles felt something: evidence into the ledger, then the fold of the place. */
async function drive(jolts: { vehicle: string; daysAgo: number; llr: number }[]): Promise<string> {
  const now = Date.now()
  const stretches = await activeStretches(town.records)
  const stretch = stretches[2]
  if (!stretch) throw new Error('no stretch')
  const [lng = 0, lat = 0] = stretch.line[0]?.map((v, i) => (v + (stretch.line.at(-1)?.[i] ?? v)) / 2) ?? []
  const evidence = jolts.map(
    ({ vehicle, daysAgo, llr }, i): Evidence => ({
      id: `jolt-${vehicle}-${i}`,
      hypothesis: 'local-defect',
      stretchId: stretch.id,
      assetId: null,
      lng,
      lat,
      heading: 90,
      sigma: 3,
      time: now - daysAgo * day,
      llr,
      sourceKind: 'vehicle',
      sourceId: vehicle,
      model: ROAD_MODEL,
      features: { peak: 7.5, speed: 12 },
      snippet: llr > 0 ? { rate: 100, values: [0, 7.5, -3, 0] } : null,
    }),
  )
  const dirty = noPlaces()
  insertEvidence(town.records.sqlite, evidence, now, dirty)
  createFolder(town.records.sqlite).fold(dirty, createNeighbours(stretches), now)
  const list = await town.send<{ items: { id: string; stretchId: string }[] }>('GET', '/v1/flags?state=all', {
    cookie,
  })
  return list.body.items.find((flag) => flag.stretchId === stretch.id)?.id ?? ''
}

test('a flag explains itself: prior and weights add up to its confidence', async () => {
  const id = await drive([
    { vehicle: 'bus-1', daysAgo: 5, llr: 2.8 },
    { vehicle: 'bus-2', daysAgo: 3, llr: 2.5 },
    { vehicle: 'bus-3', daysAgo: 1, llr: 3 },
    { vehicle: 'bus-4', daysAgo: 2, llr: -0.7 },
  ])
  expect(id).not.toBe('')
  const detail = flagDetailSchema.parse((await town.send('GET', `/v1/flags/${id}`, { cookie })).body)
  expect(detail.evidence.map((e) => e.sourceId)).toEqual(['bus-3', 'bus-4', 'bus-2', 'bus-1'])
  expect(detail.evidenceTotal).toBe(4)
  const { priorLogOdds, logOdds, openThreshold, closeThreshold } = detail.explanation
  const sum = [...detail.evidence, ...detail.judgements].reduce(
    (total, one) => total + one.weight,
    priorLogOdds,
  )
  expect(sum).toBeCloseTo(logOdds, 6)
  expect(1 / (1 + Math.exp(-logOdds))).toBeCloseTo(detail.confidence, 2)
  expect(logOdds).toBeGreaterThan(openThreshold)
  expect(openThreshold).toBeGreaterThan(closeThreshold)
  // Older words weigh less than they said; what spoke against counts against.
  const old = detail.evidence.find((e) => e.sourceId === 'bus-1')
  expect(old?.weight).toBeLessThan(old?.llr ?? 0)
  expect(detail.evidence.find((e) => e.sourceId === 'bus-4')?.weight).toBeLessThan(0)
  expect(detail.evidence[0]?.snippet?.values).toEqual([0, 7.5, -3, 0])
})

test('a rejection counts on the page at once, and with it the sum still holds', async () => {
  const { body } = await town.send<{ items: { id: string }[] }>('GET', '/v1/flags', { cookie })
  const id = body.items[0]?.id ?? ''
  const before = (await town.send<FlagDetail>('GET', `/v1/flags/${id}`, { cookie })).body
  await town.send('POST', `/v1/flags/${id}/verdicts`, {
    cookie,
    body: { verdict: 'rejected', reason: 'not_a_defect' },
  })
  const after = (await town.send<FlagDetail>('GET', `/v1/flags/${id}`, { cookie })).body
  expect(after.explanation.logOdds).toBeLessThan(before.explanation.logOdds)
  expect(after.judgements[0]).toMatchObject({ verdict: 'rejected', reason: 'not_a_defect' })
  const sum = [...after.evidence, ...after.judgements].reduce(
    (n, one) => n + one.weight,
    after.explanation.priorLogOdds,
  )
  expect(sum).toBeCloseTo(after.explanation.logOdds, 6)
})
