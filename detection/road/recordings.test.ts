import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { clips, gyorDrives, readCsv, zipEntries } from '../../test/evaluate/recordings.ts'
import { auc } from '../../test/evaluate/score.ts'
import { dataTest } from '../../test/support/shared-data.ts'
import { cutStretches } from '../network/cut.ts'
import { createRoadGraph } from '../network/graph.ts'
import { createStretchIndex } from '../network/index.ts'
import { wegvakkenFromTrack } from '../network/own-track.ts'
import { cleanDrive, type DriveChunk } from './clean.ts'
import { driveEvidence } from './drive.ts'
import { upright } from './gravity.ts'
import { createObjectIndex } from './objects.ts'
import { nativeRate, resample } from './resample.ts'

/** Detection on real recordings. What is asserted is what was seen, with room; what was seen is printed. */

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

function chunkOf(x: number[], y: number[], z: number[], offsets: number[], rest: object = {}): DriveChunk {
  return {
    chunk: 0,
    startMs: 1_700_000_000_000,
    payload: {
      drive: 'd',
      chunk: 0,
      startTime: '',
      offsets,
      unit: 'm/s2',
      acceleration: { x, y, z },
      fixes: [],
      ...rest,
    },
  }
}

/** The vertical of a recording, turned upright and high-passed. */
function verticalOf(chunk: DriveChunk): {
  vertical: Float32Array
  unsteady: number
  clipped: number
  n: number
} {
  const { samples } = cleanDrive([chunk])
  const even = resample(samples, nativeRate(samples))
  const turned = upright(even)
  const sum = (flags: Uint8Array) => flags.reduce((a, b) => a + b, 0)
  return {
    vertical: turned.vertical,
    unsteady: sum(turned.unsteady),
    clipped: sum(even.clipped),
    n: even.ms.length,
  }
}

const deviation = (v: Float32Array) => Math.sqrt(v.reduce((a, b) => a + b * b, 0) / Math.max(1, v.length))

function evidenceOf(name: string, chunks: DriveChunk[]) {
  const fixes = cleanDrive(chunks).fixes
  const wegvakken = wegvakkenFromTrack(name, fixes)
  return driveEvidence(
    { deviceId: name, driveId: name, chunks, complete: true },
    {
      index: createStretchIndex(cutStretches(wegvakken)),
      graph: createRoadGraph(wegvakken),
      objects: createObjectIndex([]),
      tripEndTrimM: 0,
    },
  )
}

dataTest(
  'gyor: the grades of good, medium and bad roads come out in that order, although good ones are driven faster',
  (folder) => {
    const byLabel = new Map<string, number[]>()
    for (const { name, label, chunks } of gyorDrives(folder)) {
      const { evidence } = evidenceOf(name, chunks)
      const roughness = evidence
        .filter((e) => e.hypothesis === 'unevenness')
        .map((e) => e.features.roughness as number)
      const jolts = evidence.filter((e) => e.hypothesis === 'local-defect' && e.llr > 0).length
      console.log(
        `gyor ${name}: median roughness ${median(roughness).toFixed(2)} m/km, ${jolts} jolts in ${roughness.length} windows`,
      )
      byLabel.set(label, [...(byLabel.get(label) ?? []), ...roughness])
      // a bad road is rough all over: it must not become a row of defects
      expect(jolts / roughness.length).toBeLessThan(0.2)
    }
    const [q1, q2, q3] = ['q1', 'q2', 'q3'].map((label) => median(byLabel.get(label) ?? []))
    expect(q2! / q1!).toBeGreaterThan(1.5)
    expect(q3! / q2!).toBeGreaterThan(1.3)
  },
)

dataTest('gonzalez: equal windows of events and of regular road are told apart', (folder) => {
  const scores = new Map<string, number[]>()
  for (const clip of clips(folder, 'road/gonzalez-dev')) {
    const zero = clip.values.map(() => 0)
    const { vertical } = verticalOf(
      chunkOf(
        zero,
        zero,
        clip.values,
        clip.values.map((_, i) => i * 20),
      ),
    )
    // the length of a clip gives its class away: only the 1.2 s with the most in it counts, which all clips have
    const width = 60
    let best = 0
    for (let i = 0; i + width <= vertical.length; i += 5)
      best = Math.max(best, deviation(vertical.subarray(i, i + width)))
    scores.set(clip.class, [...(scores.get(clip.class) ?? []), best])
  }
  const of = (name: string) => scores.get(name) ?? []
  const events = auc([...of('potholes'), ...of('asphalt_bumps'), ...of('metal_bumps')], of('regular_road'))
  const potholes = auc(of('potholes'), of('regular_road'))
  const worn = auc(of('potholes'), of('worn_out_road'))
  console.log(
    `gonzalez AUC: event/regular ${events.toFixed(3)}, pothole/regular ${potholes.toFixed(3)}, pothole/worn ${worn.toFixed(3)}`,
  )
  expect(events).toBeGreaterThan(0.85)
  expect(potholes).toBeGreaterThan(0.75)
  // and what cannot be told from one clip without its surroundings: nobody should read more into it
  expect(worn).toBeLessThan(0.8)
})

dataTest('tartu: smooth, bumpy and rough come out in that order at 10 Hz, without gravity', (folder) => {
  const byType = new Map<string, number[]>()
  for (const { text } of zipEntries(path.join(folder, 'road/tartu'))) {
    const rows = text
      .split(/\r?\n/)
      .slice(1)
      .filter(Boolean)
      .map((line) => line.split(','))
    const header = text
      .slice(0, text.indexOf('\n'))
      .replace('# ', '')
      .trim()
      .split(',')
      .map((h) => h.trim())
    const at = header.findIndex((h) => /^z-?axis$/i.test(h))
    const type = header.findIndex((h) => /road/i.test(h))
    for (let i = 0; i + 20 <= rows.length; i += 20) {
      const part = rows.slice(i, i + 20)
      const kind = part[0]![type]!.trim()
      if (part.some((r) => r[type]!.trim() !== kind)) continue
      const z = Float32Array.from(part, (r) => Number(r[at]))
      const mean = z.reduce((a, b) => a + b, 0) / z.length
      byType.set(kind, [...(byType.get(kind) ?? []), deviation(z.map((v) => v - mean))])
    }
  }
  const of = (kind: string) => median(byType.get(kind) ?? [])
  console.log(
    `tartu, median deviation of 2 s: smooth ${of('Smooth')}, bumpy ${of('Bumpy')}, rough ${of('Rough')}`,
  )
  expect(of('Smooth')).toBeLessThan(of('Bumpy'))
  expect(of('Smooth')).toBeLessThan(of('Rough'))
})

dataTest('bicycle-surfaces: cobbles clip the sensor and are rougher than slabs and asphalt', (folder) => {
  const root = path.join(folder, 'road/bicycle-surfaces')
  const result = new Map<string, { deviation: number; clipped: number }>()
  for (const surface of readdirSync(root)) {
    const deviations: number[] = []
    let clipped = 0
    for (const file of readdirSync(path.join(root, surface))) {
      const rows = readCsv(path.join(root, surface, file))
      const column = (name: string) => rows.map((r) => Number(r[name]))
      const time = column('Time')
      const chunk = chunkOf(
        column('AccX'),
        column('AccY'),
        column('AccZ'),
        time.map((t) => t - time[0]!),
      )
      const out = verticalOf(chunk)
      deviations.push(deviation(out.vertical))
      clipped += out.clipped
    }
    result.set(surface, { deviation: median(deviations), clipped })
  }
  console.log(`bicycle-surfaces: ${JSON.stringify([...result])}`)
  const [asphalt, cobbles, slabs] = ['asphalt', 'kopfsteinpflaster', 'plattenweg'].map((s) => result.get(s)!)
  expect(cobbles!.deviation).toBeGreaterThan(slabs!.deviation)
  expect(slabs!.deviation).toBeGreaterThan(asphalt!.deviation)
  expect(cobbles!.clipped).toBeGreaterThan(500)
  expect(asphalt!.clipped).toBeLessThan(20)
})

dataTest(
  'sao-paulo: messy, tilted commutes at 5 to 8 and 65 Hz go through; two passes of a street agree',
  (folder) => {
    const root = path.join(folder, 'road/sao-paulo/runs')
    const byStretch: { place: string; roughness: number; run: string }[] = []
    let drives = 0
    for (const file of readdirSync(root).sort()) {
      const text = gunzipSync(readFileSync(path.join(root, file))).toString('utf8')
      const chunk = saoPauloChunk(text)
      if (!chunk) continue
      const { evidence, counts } = evidenceOf(file, [chunk])
      const uneven = evidence.filter((e) => e.hypothesis === 'unevenness')
      if (uneven.length > 0) drives++
      const jolts = evidence.filter((e) => e.hypothesis === 'local-defect' && e.llr > 0).length
      console.log(
        `sao-paulo ${file}: ${uneven.length} windows, ${jolts} jolts, roughness ${median(uneven.map((e) => e.features.roughness as number)).toFixed(2)}, unsteady ${counts.unsteady}`,
      )
      expect(counts.unsteady).toBeLessThan(0.5 * (counts.used + counts.unsteady) + 20)
      for (const e of uneven) {
        const place = `${e.lng.toFixed(3)},${e.lat.toFixed(3)}`
        byStretch.push({ place, roughness: e.features.roughness as number, run: file })
      }
    }
    expect(drives).toBeGreaterThan(12)
    // the same 100 m in different runs, against runs of other places
    const places = Map.groupBy(byStretch, (p) => p.place)
    const pairs: [number, number][] = []
    for (const passes of places.values()) {
      const perRun = [...Map.groupBy(passes, (p) => p.run).values()].map((ps) =>
        median(ps.map((p) => p.roughness)),
      )
      for (let i = 1; i < perRun.length; i++) pairs.push([Math.log(perRun[i - 1]!), Math.log(perRun[i]!)])
    }
    const r = correlation(pairs)
    console.log(
      `sao-paulo: ${pairs.length} pairs of passes of one place, correlation of ln roughness ${r.toFixed(2)}`,
    )
    expect(pairs.length).toBeGreaterThan(200)
    expect(r).toBeGreaterThan(0.3)
  },
  60_000,
)

function correlation(pairs: readonly [number, number][]): number {
  const mean = (i: 0 | 1) => pairs.reduce((a, p) => a + p[i], 0) / pairs.length
  const [mx, my] = [mean(0), mean(1)]
  let xy = 0
  let xx = 0
  let yy = 0
  for (const [x, y] of pairs) {
    xy += (x - mx) * (y - my)
    xx += (x - mx) ** 2
    yy += (y - my) ** 2
  }
  return xy / Math.sqrt(xx * yy)
}

/** Decimal comma inside quotes; clock `16:22:42:557` or seconds; 0,0 is no fix. */
function saoPauloChunk(text: string): DriveChunk | null {
  const lines = text.split(/\r?\n/).slice(1).filter(Boolean)
  const cells = (line: string) => [...line.matchAll(/"([^"]*)"|([^,]+)/g)].map((m) => m[1] ?? m[2] ?? '')
  const number = (s: string | undefined) => Number((s ?? '').replace(',', '.'))
  const clock = (s: string) => {
    const parts = s.split(':').map(Number)
    if (parts.length < 4) return number(s) * 1000
    return ((parts[0]! * 60 + parts[1]!) * 60 + parts[2]!) * 1000 + parts[3]!
  }
  const rows = lines.map(cells).filter((c) => c.length >= 7)
  const first = rows[0] ? clock(rows[0][0]!) : 0
  const fixes: DriveChunk['payload']['fixes'] = []
  const axes = { x: [] as number[], y: [] as number[], z: [] as number[] }
  const offsets: number[] = []
  for (const row of rows) {
    const t = clock(row[0]!) - first
    const [x, y, z, lat, lng, speed] = row.slice(1, 7).map(number)
    if (![t, x, y, z].every(Number.isFinite)) continue
    offsets.push(t)
    axes.x.push(x!)
    axes.y.push(y!)
    axes.z.push(z!)
    if (lat && lng) fixes.push({ t, lng, lat, ...(Number.isFinite(speed) ? { speed: speed! } : {}) })
  }
  if (offsets.length < 300) return null
  return chunkOf(axes.x, axes.y, axes.z, offsets, { unit: 'g', fixes })
}
