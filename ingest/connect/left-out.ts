/** Counts what has no place here, by name, for a note on the page of the connection. */
export function createLeftOut(): { add(name: string): void; note(): string | null } {
  const counts = new Map<string, number>()
  const MAX_NAMES = 50
  return {
    add(name) {
      const known = counts.has(name) || counts.size < MAX_NAMES ? name : 'other'
      counts.set(known, (counts.get(known) ?? 0) + 1)
    },
    note() {
      if (counts.size === 0) return null
      const list = [...counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name} (${count})`)
      return `Left out of the last pull, because nothing here means the same: ${list.join(', ')}`
    },
  }
}
