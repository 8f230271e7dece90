/** The rows of the list under the open detail, in their order on screen. */
function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('.panel-list [data-row]')]
}

/** Whether there is a row before (-1) or after (1) the open one. */
export function hasNeighbour(key: string, step: 1 | -1): boolean {
  const all = rows()
  const at = all.findIndex((row) => row.dataset.row === key)
  return at >= 0 && all[at + step] !== undefined
}

/** Open the row before or after the open one. */
export function openNeighbour(key: string, step: 1 | -1): void {
  const all = rows()
  const at = all.findIndex((row) => row.dataset.row === key)
  if (at >= 0) all[at + step]?.click()
}
