import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { rdToWgs84 } from '../detection/network/rd.ts'
import { ROAD_MODEL } from '../detection/road/params.ts'
import { rebuildFlags } from '../ingest/detect/jobs.ts'
import { networkSource } from '../ingest/detect/network.ts'
import type { Wegvak } from '../model/network.ts'
import { createFolder } from '../store/records/flags.ts'
import { importNetwork } from '../store/records/network.ts'
import { openRecords } from '../store/records/open.ts'

/**
 * A new release of the road network comes while work is under way: the flag, its case and what speaks for it go on, on
 * the road as it is now.
 */
const folder = mkdtempSync(path.join(tmpdir(), 'schouw-network-change-'))
const records = await openRecords(folder)

afterAll(async () => {
  await records.close()
  rmSync(folder, { recursive: true })
})

const at = (x: number, y: number) => rdToWgs84([174_000 + x, 443_000 + y])
const DAY = 86_400_000
const NOW = Date.UTC(2026, 4, 1)

function wegvak(wvkId: string, street: string, validFrom: string, points: [number, number][]): Wegvak {
  return {
    wvkId,
    validFrom,
    street,
    municipality: 'Proefdorp',
    authority: 'G',
    bst: 'RB',
    direction: 'B',
    pavement: 'asphalt',
    junctionFrom: '',
    junctionTo: '',
    line: points.map(([x, y]) => at(x, y)),
  }
}

const insert = records.sqlite.prepare(
  `insert into evidence values (?, 'local-defect', ?, null, ?, ?, 90, 4, ?, ?, ?, 'vehicle', ?, ?, '{}', null)`,
)

type FlagRow = { id: string; state: string; stretch_id: string; street: string; lng: number; lat: number }
const flags = () =>
  records.sqlite.prepare('select id, state, stretch_id, street, lng, lat from flag').all() as FlagRow[]

test.each([
  ['in the middle of a stretch', 256],
  ['near the border of two new stretches', 249],
  ['on the border of two old stretches', 260.5],
])('a flag and its case outlive a split and a new name of their road: %s', async (_, x) => {
  const [lng, lat] = at(x, 0.5)
  for (const table of ['evidence', 'flag', 'case_file', 'condition'])
    records.sqlite.exec(`delete from ${table}`)
  const deps = {
    records,
    folder: createFolder(records.sqlite),
    network: networkSource(records),
    now: () => NOW,
  }
  await importNetwork(
    records,
    [
      wegvak('1', 'Oude weg', '2019-01-01', [
        [0, 0],
        [400, 0],
      ]),
    ],
    {
      kind: 'nwb',
      name: '2019',
      now: NOW,
    },
  )
  for (let i = 0; i < 6; i++) {
    const time = NOW - (12 - i) * DAY
    insert.run(
      `e${i}`,
      `1@2019-01-01~${Math.floor(x / 20)}`,
      lng,
      lat,
      time,
      time,
      3,
      `car-${i % 4}`,
      ROAD_MODEL,
    )
  }
  await rebuildFlags(deps)
  const [before] = flags()
  expect(before).toMatchObject({ state: 'open', stretch_id: '1@2019-01-01~12', street: 'Oude weg' })
  records.sqlite
    .prepare(
      `insert into case_file (id, flag_id, title, hypothesis, state, priority, assignee_id, team, deadline_at, stretch_id,
         asset_id, street, lng, lat, description, created_at, created_by, closed_at, close_reason, updated_at, version)
       values ('Z-1', ?, 'Gat', 'local-defect', 'reported', 'normal', null, '', null, '1@2019-01-01~12', null, 'Oude weg',
         ?, ?, '', ?, 'p', null, null, ?, 1)`,
    )
    .run(before?.id ?? '', lng, lat, NOW - DAY, NOW - DAY)

  const made = await importNetwork(
    records,
    [
      wegvak('11', 'Nieuwe weg', '2020-01-01', [
        [0, 2],
        [190, 2],
      ]),
      wegvak('12', 'Nieuwe weg', '2020-01-01', [
        [190, 2],
        [400, 2],
      ]),
    ],
    { kind: 'nwb', name: '2020', now: NOW },
  )
  expect(made.evidence).toEqual({ attached: 6, moved: 6, unattached: 0 })
  await rebuildFlags(deps)
  const after = flags()
  expect(after).toHaveLength(1)
  expect(after[0]).toMatchObject({
    id: before?.id,
    state: 'open',
    street: 'Nieuwe weg',
    lng: before?.lng,
    lat: before?.lat,
  })
  expect(after[0]?.stretch_id).toMatch(/^12@2020-01-01~/)
  expect(records.sqlite.prepare('select stretch_id, flag_id from case_file').get()).toEqual({
    stretch_id: after[0]?.stretch_id,
    flag_id: before?.id,
  })
})
