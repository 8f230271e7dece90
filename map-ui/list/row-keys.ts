import type { KeyboardEvent } from 'react'

/** Move focus through the rows of a list with the arrow keys or j and k; Home and End go to its ends. */
export function onRowKeys(event: KeyboardEvent<HTMLElement>): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-row], [data-group]')].filter(
    (row) => !row.closest('[hidden]'),
  )
  const at = rows.indexOf(document.activeElement as HTMLElement)
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key]
  let next: HTMLElement | undefined
  if (step !== undefined) next = rows[Math.max(0, Math.min(rows.length - 1, at + step))]
  if (event.key === 'Home') next = rows[0]
  if (event.key === 'End') next = rows.at(-1)
  if (!next) return
  event.preventDefault()
  next.focus()
  next.scrollIntoView({ block: 'nearest' })
}

/** Give focus back to the row that a detail was opened from. */
export function focusRow(key: string): void {
  const row = document.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"]`)
  row?.focus()
  row?.scrollIntoView({ block: 'nearest' })
}
