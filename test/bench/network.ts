import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createGunzip } from 'node:zlib'
import { SaxesParser } from 'saxes'
import { createRoadGraph } from '../../detection/network/graph.ts'
import { createStretchIndex, type StretchIndex } from '../../detection/network/index.ts'
import { type Fix, matchDrive } from '../../detection/network/match.ts'
import { runImport } from '../../ingest/import/run.ts'
import type { Position, Stretch, Wegvak } from '../../model/network.ts'
import { openRecords } from '../../store/records/open.ts'
import { openSecrets } from '../../store/secrets.ts'
import { sharedData } from '../support/shared-data.ts'
import { type BenchOptions, lessIsBetter, median, type Row } from './rows.ts'

/**
 * The road network: how long an import takes, how fast the nearest of 99,250 segments is found, and how fast a drive
 * of two hours matches. Peer of the nearest search: looking at every segment. Needs the shared data.
 */
export async function run({ quick, note }: BenchOptions): Promise<Row[]> {
  const rows: Row[] = []
  const wageningen = sharedData('network/nwb-wageningen/roads-2020-11-24.gml')
  if (wageningen) rows.push(await importRow(wageningen, quick))
  else note('no shared data: the import row is left out')
  const osm = sharedData('network/scale/testfeld-nds-main-roads.osm.xml.gz')
  if (!osm) {
    note('no shared data: the rows on 99,250 segments are left out')
    return rows
  }
  note('reading the segments')
  const { segments, wegvakken } = await readOsm(osm)
  const started = performance.now()
  const index = createStretchIndex(segments)
  rows.push(lessIsBetter(`index of ${segments.length} segments`, performance.now() - started, 'ms', null))
  rows.push(nearestRow(index, segments, quick))
  rows.push(matchRow(index, wegvakken, quick))
  return rows
}

async function importRow(file: string, quick: boolean): Promise<Row> {
  const times: number[] = []
  for (let i = 0; i < (quick ? 1 : 5); i++) {
    const folder = mkdtempSync(path.join(tmpdir(), 'bench-network-'))
    const records = await openRecords(folder)
    const secrets = openSecrets(folder)
    const started = performance.now()
    await runImport({ records, secrets, kind: 'nwb', file, now: Date.now })
    times.push(performance.now() - started)
    await records.close()
    rmSync(folder, { recursive: true })
  }
  return lessIsBetter('import of 247 wegvakken (27.45 km)', median(times), 'ms', null)
}

function nearestRow(index: StretchIndex, segments: readonly Stretch[], quick: boolean): Row {
  const times: number[] = []
  for (let i = 0; i < (quick ? 2_000 : 50_000); i++) {
    const [lng, lat] = segments[(i * 7919) % segments.length]!.line[0]!
    const started = performance.now()
    index.nearest(lng + ((i % 21) - 10) * 1e-5, lat + ((i % 17) - 8) * 1e-5, 50, 1)
    times.push(performance.now() - started)
  }
  times.sort((a, b) => a - b)
  const peer: number[] = []
  for (let i = 0; i < 5; i++) {
    const [lng, lat] = segments[(i * 7919) % segments.length]!.line[0]!
    const started = performance.now()
    let best = Infinity
    for (const { line } of segments) {
      for (const p of line) best = Math.min(best, (p[0] - lng) ** 2 + (p[1] - lat) ** 2)
    }
    if (best === Infinity) throw new Error('no segments')
    peer.push(performance.now() - started)
  }
  const p95 = times[Math.floor(times.length * 0.95)]! * 1000
  return lessIsBetter('nearest within 50 m, p95, beside looking at all', p95, 'µs', median(peer) * 1000)
}

function matchRow(index: StretchIndex, wegvakken: readonly Wegvak[], quick: boolean): Row {
  const graph = createRoadGraph(wegvakken)
  const fixes: Fix[] = []
  for (const { line } of wegvakken) {
    for (const [lng, lat] of line) {
      fixes.push({ ms: fixes.length * 1000, lng: lng + 2e-5, lat, accuracy: 5, speed: null, heading: null })
    }
    if (fixes.length >= 7_200) break
  }
  const times: number[] = []
  for (let i = 0; i < (quick ? 1 : 5); i++) {
    const started = performance.now()
    matchDrive(fixes.slice(0, 7_200), index, graph)
    times.push(performance.now() - started)
  }
  return lessIsBetter('match of 7,200 fixes', median(times), 'ms', null)
}

/** Each pair of neighbouring nodes of a way is one segment, as the description of the file counts them. */
async function readOsm(file: string): Promise<{ segments: Stretch[]; wegvakken: Wegvak[] }> {
  const nodes = new Map<string, Position>()
  const segments: Stretch[] = []
  const wegvakken: Wegvak[] = []
  let way: string[] | null = null
  const parser = new SaxesParser()
  parser.on('opentag', ({ name, attributes }) => {
    if (name === 'node') nodes.set(String(attributes.id), [Number(attributes.lon), Number(attributes.lat)])
    if (name === 'way') way = []
    if (name === 'nd') way?.push(String(attributes.ref))
  })
  parser.on('closetag', ({ name }) => {
    if (name !== 'way' || !way) return
    for (let i = 1; i < way.length; i++) {
      const a = nodes.get(way[i - 1]!)
      const b = nodes.get(way[i]!)
      if (!a || !b) continue
      const id = `${segments.length}`
      const common = { wvkId: id, street: '', direction: 'B', pavement: 'unknown', line: [a, b] } as const
      segments.push({ ...common, id: `${id}@~0`, index: 0, fromM: 0, toM: 0, line: [a, b] })
      wegvakken.push({
        ...common,
        line: [a, b],
        validFrom: '',
        municipality: '',
        authority: '',
        bst: '',
        junctionFrom: way[i - 1]!,
        junctionTo: way[i]!,
      })
    }
    way = null
  })
  const text = createReadStream(file).pipe(createGunzip()).setEncoding('utf8')
  for await (const chunk of text) parser.write(chunk as string)
  parser.close()
  return { segments, wegvakken }
}
