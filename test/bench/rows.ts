/** One result of a benchmark. Ratio above 1: we are better than the peer, whichever way the unit points. */
export type Row = { name: string; value: number; unit: string; peer: number | null; ratio: number | null }

export type BenchOptions = {
  /** short runs: to see that it works, not to quote */
  quick: boolean
  /** one part of the benchmark; null: all of it */
  only: string | null
  /** say how far it is, on stderr */
  note(message: string): void
}

/** A benchmark: `test/bench/<name>.ts` exports it as `run`. */
export type Bench = (options: BenchOptions) => Promise<Row[]>

export function moreIsBetter(name: string, value: number, unit: string, peer: number | null): Row {
  return {
    name,
    value: round(value),
    unit,
    peer: peer === null ? null : round(peer),
    ratio: peer ? round(value / peer) : null,
  }
}

export function lessIsBetter(name: string, value: number, unit: string, peer: number | null): Row {
  return {
    name,
    value: round(value),
    unit,
    peer: peer === null ? null : round(peer),
    ratio: peer === null ? null : round(peer / value),
  }
}

export function formatRows(rows: readonly Row[]): string {
  const cells = rows.map((r) => [
    r.name,
    `${r.value.toLocaleString('en')} ${r.unit}`,
    r.peer === null ? '' : r.peer.toLocaleString('en'),
    r.ratio === null ? '' : r.ratio.toFixed(2),
  ])
  const table = [['', 'Schouw', 'peer', 'ratio'], ...cells]
  const widths = [0, 1, 2, 3].map((i) => Math.max(...table.map((line) => (line[i] ?? '').length)))
  return table
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  '),
    )
    .join('\n')
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** Three significant digits below 1000, whole numbers above. */
function round(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3))
}
