import type { MouseEvent, ReactNode } from 'react'
import { go, hrefOf, usePlace } from '../client/location.ts'
import type { Selection } from '../client/place.ts'

/** One row: a real link, so that it opens in a new tab, can be copied and is read as what it is. */
export function RowLink({ sel, children }: { sel: Selection; children: ReactNode }) {
  const place = usePlace()
  const open = place.sel?.kind === sel.kind && place.sel.id === sel.id
  const onClick = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    go({ sel })
  }
  return (
    <a
      className="row"
      data-row={`${sel.kind}:${sel.id}`}
      href={hrefOf({ sel })}
      aria-current={open ? 'true' : undefined}
      onClick={onClick}
    >
      {children}
    </a>
  )
}
