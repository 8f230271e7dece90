import { type ReactNode, useEffect, useRef } from 'react'
import { usePlace } from '../client/location.ts'
import { hasNeighbour, openNeighbour } from '../list/neighbours.ts'
import { Button, IconButton } from '../parts/button.tsx'
import { useText } from '../text/language.ts'

type Props = {
  kicker: ReactNode
  title: ReactNode
  mark?: ReactNode
  onClose: () => void
  children: ReactNode
}

/** The frame of every detail: back to the list, what it is, where it is. Focus starts at its heading. */
export function DetailFrame({ kicker, title, mark, onClose, children }: Props) {
  const t = useText()
  const { sel } = usePlace()
  const key = sel ? `${sel.kind}:${sel.id}` : ''
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  return (
    <article className="detail">
      <header className="detail-head">
        <div className="detail-nav">
          <Button look="subtle" icon="back" onClick={onClose}>
            {t.common.back}
          </Button>
          {([-1, 1] as const).map((step) =>
            hasNeighbour(key, step) ? (
              <IconButton
                key={step}
                icon={step === 1 ? 'down' : 'up'}
                label={step === 1 ? t.common.next : t.common.previous}
                onClick={() => openNeighbour(key, step)}
              />
            ) : null,
          )}
        </div>
        <div className="detail-title">
          {mark}
          <div>
            <p className="detail-kicker">{kicker}</p>
            <h1 ref={heading} tabIndex={-1}>
              {title}
            </h1>
          </div>
        </div>
      </header>
      <div className="detail-body">{children}</div>
    </article>
  )
}

/** One section of a detail, with its own heading. */
export function Part({ title, children, aside }: { title: string; children: ReactNode; aside?: ReactNode }) {
  return (
    <section className="part">
      <header className="part-head">
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  )
}
