import { useEffect, useRef, useState } from 'react'
import type { Town } from '../../model/api.ts'
import { usePlace } from '../client/location.ts'
import { MeContext } from '../client/me.ts'
import { invalidate, useResource } from '../client/resource.ts'
import type { Me } from '../client/types.ts'
import { DevicesDesk } from '../desks/devices-desk.tsx'
import { PeopleDesk } from '../desks/people-desk.tsx'
import { Workspace } from '../desks/workspace.tsx'
import { Announcer, announce } from '../parts/announce.tsx'
import { useText } from '../text/language.ts'
import { HelpDialog } from './help-dialog.tsx'
import { isCatchingUp, ProgressBar } from './progress-bar.tsx'
import { Rail } from './rail.tsx'
import { TopBar } from './top-bar.tsx'

/** How often the town's own figures are asked for: quickly while history streams in. */
const TOWN_BUSY_MS = 3_000
const TOWN_CALM_MS = 20_000

export function Shell({ me, onLogout }: { me: Me; onLogout: () => void }) {
  const t = useText()
  const place = usePlace()
  const town = useResource<Town>('/v1/town').data
  const [help, setHelp] = useState(false)
  const busy = town !== undefined && isCatchingUp(town)

  useEffect(() => {
    const timer = setInterval(() => invalidate('/v1/town'), busy ? TOWN_BUSY_MS : TOWN_CALM_MS)
    return () => clearInterval(timer)
  }, [busy])

  const openFlags = town?.counts.openFlags
  const said = useRef(openFlags)
  useEffect(() => {
    if (busy || openFlags === undefined) return // while history comes in it changes at every look
    if (said.current !== undefined && openFlags > said.current) announce(t.list.nowOpen(String(openFlags)))
    said.current = openFlags
  }, [openFlags, busy, t])

  useEffect(() => {
    document.title = town ? `${town.name} · Schouw` : 'Schouw'
  }, [town])

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey)
        return
      if (event.key === '?') setHelp(true)
      if (event.key === '/') {
        event.preventDefault()
        document.getElementById('street-search')?.focus()
      }
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])

  const onMap = place.view === 'map' || place.view === 'cases'
  return (
    <MeContext.Provider value={me}>
      <div className="shell">
        <a className="skip-link" href="#list">
          {t.app.skipToList}
        </a>
        {onMap ? (
          <a className="skip-link" href="#map">
            {t.app.skipToMap}
          </a>
        ) : null}
        <TopBar town={town} onLogout={onLogout} onHelp={() => setHelp(true)} />
        <Rail town={town} />
        <main className="desk">
          {town ? <ProgressBar town={town} /> : null}
          {onMap ? <Workspace town={town} /> : null}
          {place.view === 'devices' ? <DevicesDesk town={town} /> : null}
          {place.view === 'people' ? <PeopleDesk /> : null}
        </main>
        <Announcer />
        <HelpDialog open={help} onClose={() => setHelp(false)} />
      </div>
    </MeContext.Provider>
  )
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  )
}
