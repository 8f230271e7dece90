/** A source of chance that a seed makes repeatable. */
export type Random = {
  /** uniform in [0, 1) */
  next(): number
  /** uniform in [low, high) */
  between(low: number, high: number): number
  /** standard normal */
  normal(): number
  pick<T>(items: readonly T[]): T
  /** a shuffled copy */
  shuffled<T>(items: readonly T[]): T[]
  /** an independent source for a named purpose: what one part draws never shifts another */
  fork(label: string): Random
}

/** xoshiro128** would do; mulberry32 is enough for an invented town and is five lines. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  let spare: number | undefined
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    shuffled(items) {
      const out = [...items]
      for (let i = out.length - 1; i > 0; i--) {
        const j = Math.floor(next() * (i + 1))
        const [a, b] = [out[i], out[j]]
        out[i] = b as (typeof items)[number]
        out[j] = a as (typeof items)[number]
      }
      return out
    },
    normal() {
      if (spare !== undefined) {
        const value = spare
        spare = undefined
        return value
      }
      // Box-Muller
      const radius = Math.sqrt(-2 * Math.log(1 - next()))
      const angle = 2 * Math.PI * next()
      spare = radius * Math.sin(angle)
      return radius * Math.cos(angle)
    },
    pick: (items) => items[Math.floor(next() * items.length)] as never,
    fork: (label) => createRandom(hash(`${seed}/${label}`)),
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}
