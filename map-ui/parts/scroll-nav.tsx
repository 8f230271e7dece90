import { type ReactNode, useEffect, useRef } from 'react'

/** Links in one line that scrolls when it does not fit; the one that is open is brought into sight. */
export function ScrollNav({ label, open, children }: { label: string; open: string; children: ReactNode }) {
  const nav = useRef<HTMLElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another one is open
  useEffect(() => {
    const current = nav.current?.querySelector<HTMLElement>('[aria-current]')
    if (!nav.current || !current) return
    nav.current.scrollLeft = current.offsetLeft - (nav.current.clientWidth - current.offsetWidth) / 2
  }, [open])
  return (
    <nav ref={nav} className="rooms" aria-label={label}>
      <ul>{children}</ul>
    </nav>
  )
}
