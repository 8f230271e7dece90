/** The rows of the list under the open detail, in their order on screen. */
function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('.panel-list [data-row]')]
}

/** Where the open one stood: judged, it leaves the list, and the next one is then the row that took its place. */
let stood = { key: '', at: -1 }

function neighbour(key: string, step: 1 | -1): HTMLElement | undefined {
  const all = rows()
  const at = all.findIndex((row) => row.dataset.row === key)
  if (at >= 0) {
    stood = { key, at }
    return all[at + step]
  }
  if (stood.key !== key) return undefined
  return all[step === 1 ? stood.at : stood.at - 1]
}

/** Whether there is a row before (-1) or after (1) the open one. */
export function hasNeighbour(key: string, step: 1 | -1): boolean {
  return neighbour(key, step) !== undefined
}

/** Open the row before or after the open one. */
export function openNeighbour(key: string, step: 1 | -1): void {
  neighbour(key, step)?.click()
}
