import type { MouseEvent, ReactNode } from 'react'
import { go, hrefOf } from '../client/location.ts'
import type { Place } from '../client/place.ts'

type Props = {
  to: Partial<Place>
  children: ReactNode
  className?: string
  current?: 'page' | 'true' | undefined
  label?: string
}

/** A link to another place in the application: followed without a reload, and still a link in every other way. */
export function PlaceLink({ to, children, className, current, label }: Props) {
  const onClick = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    go(to)
  }
  return (
    <a href={hrefOf(to)} className={className} aria-current={current} aria-label={label} onClick={onClick}>
      {children}
    </a>
  )
}
