import { useEffect } from 'react'
import type { Town } from '../../model/api.ts'
import { go, usePlace } from '../client/location.ts'
import { may, useMe } from '../client/me.ts'
import type { Place } from '../client/place.ts'
import { Alert } from '../parts/states.tsx'
import { useText } from '../text/language.ts'
import { AnnouncementList } from './announcements/announcement-list.tsx'
import { ConnectionPage } from './connections/connection-page.tsx'
import { ConnectionTable } from './connections/connection-table.tsx'
import { DeskSummary } from './desk-summary.tsx'
import { DevicePage } from './device/device-page.tsx'
import { DeviceTable } from './device-table.tsx'
import { LiveMessages } from './live-messages.tsx'
import { QuarantineRoom } from './quarantine/quarantine-room.tsx'
import { Rooms } from './rooms.tsx'
import { TypePage } from './types/type-page.tsx'
import { TypeTable } from './types/type-table.tsx'
import { Wizard } from './wizard/wizard.tsx'

/** The integrator's desk: who sends what, what was refused and why, and how to make it right. */
export function DevicesDesk({ town }: { town: Town | undefined }) {
  const t = useText()
  const me = useMe()
  const place = usePlace()
  const open = place.sel !== null && place.tab !== 'new'
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = ['INPUT', 'TEXTAREA', 'SELECT'].includes((event.target as HTMLElement).tagName)
      if (event.key === 'Escape' && open && !typing && !event.defaultPrevented) go({ sel: null, part: '' })
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [open])
  // Somebody followed a link to a desk that is not theirs: say so, and nothing else.
  if (!may(me.role, 'devices')) {
    return (
      <div className="page" id="list" tabIndex={-1}>
        <div className="page-main">
          <header className="page-head">
            <h1>{t.device.title}</h1>
          </header>
          <Alert kind="info">{t.common.forbidden}</Alert>
        </div>
      </div>
    )
  }
  return (
    <div className="page" id="list" tabIndex={-1}>
      <div className="page-main">
        <header className="page-head">
          <h1>{t.device.title}</h1>
          <DeskSummary />
        </header>
        <Rooms />
        <div className="room">
          <Room place={place} town={town} />
        </div>
      </div>
    </div>
  )
}

function Room({ place, town }: { place: Place; town: Town | undefined }) {
  const { sel, tab } = place
  if (tab === 'new') return <Wizard town={town} />
  if (sel?.kind === 'device') return <DevicePage key={sel.id} id={sel.id} town={town} />
  if (tab === 'types') {
    return sel?.kind === 'type' ? <TypePage key={sel.id} id={sel.id} /> : <TypeTable />
  }
  if (tab === 'quarantine') return <QuarantineRoom />
  if (tab === 'live') return <LiveMessages />
  if (tab === 'connections') {
    return sel?.kind === 'connection' ? <ConnectionPage key={sel.id} id={sel.id} /> : <ConnectionTable />
  }
  if (tab === 'announcements') return <AnnouncementList />
  return <DeviceTable />
}
