/** What the generator, and the benchmark that forks it, say to each other. */
export type LoadTask =
  | {
      kind: 'publish'
      port: number
      /** one connection each; without a secret: anonymous */
      users: { id: string; secret: string | null }[]
      inflight: number
      readingsPerMessage: number
      /** over all connections */
      datastreams: number
      warmUpMs: number
      measureMs: number
      /** messages a second in all; null: as fast as it goes */
      rate: number | null
      /** of the readings, YYYY-MM-DD: another day is other readings */
      day: string
    }
  | { kind: 'login'; port: number; users: { id: string; secret: string | null }[]; concurrency: number }
  /** log in, say so with `{held}`, be silent for `holdMs`, then ask each connection for a sign of life */
  | {
      kind: 'hold'
      port: number
      users: { id: string; secret: string | null }[]
      concurrency: number
      holdMs: number
    }

export type LoadResult = {
  /** acknowledged while measuring, and the seconds that it took */
  messages: number
  seconds: number
  /** ms from write to acknowledgement */
  p50: number
  p99: number
  /** acknowledged in all, warm-up too */
  total: number
  /** acknowledgements that came out of order */
  disordered: number
}
