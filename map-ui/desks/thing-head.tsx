import { type ReactNode, useEffect, useRef } from 'react'
import { usePlace } from '../client/location.ts'
import { Icon } from '../parts/icon.tsx'
import { PlaceLink } from '../parts/place-link.tsx'
import { ScrollNav } from '../parts/scroll-nav.tsx'
import { useText } from '../text/language.ts'

type Props = { kicker: ReactNode; title: ReactNode; children?: ReactNode }

/** The head of a page of one thing: back to its list, what it is, what can be done. Focus starts at its name. */
export function ThingHead({ kicker, title, children }: Props) {
  const t = useText()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  return (
    <header className="thing-head">
      <PlaceLink to={{ sel: null, part: '' }} className="thing-back">
        <Icon name="back" size={16} />
        {t.common.back}
      </PlaceLink>
      <div className="thing-title">
        <p className="detail-kicker">{kicker}</p>
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
      </div>
      {children === undefined || children === null ? null : <div className="thing-actions">{children}</div>}
    </header>
  )
}

type PartsProps = {
  label: string
  parts: readonly { key: string; words: string; count?: number | undefined }[]
}

/** The parts of a thing, each with an address of its own; the first is shown when none is named. */
export function ThingParts({ label, parts }: PartsProps) {
  const { part } = usePlace()
  const open = parts.some((p) => p.key === part) ? part : parts[0]?.key
  return (
    <ScrollNav label={label} open={open ?? ''}>
      {parts.map(({ key, words, count }, i) => (
        <li key={key}>
          <PlaceLink to={{ part: i === 0 ? '' : key }} current={key === open ? 'true' : undefined}>
            {words}
            {count ? <span className="rooms-count figures">{count}</span> : null}
          </PlaceLink>
        </li>
      ))}
    </ScrollNav>
  )
}
