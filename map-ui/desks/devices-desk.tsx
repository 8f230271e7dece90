import { useEffect, useState } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import { go, usePlace } from '../client/location.ts'
import { useText } from '../text/language.ts'
import { DeviceDetail } from './device-detail.tsx'
import { DeviceTable } from './device-table.tsx'
import { LiveMessages } from './live-messages.tsx'
import { QuarantineList } from './quarantine-list.tsx'

/** The integrator's desk: who sends what, what was refused and why, and what comes in right now. */
export function DevicesDesk() {
  const t = useText()
  const place = usePlace()
  const device = place.sel?.kind === 'device' ? place.sel.id : null
  const [tab, setTab] = useState<string>('devices')
  useEffect(() => {
    if (device) setTab('devices')
  }, [device])
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = ['INPUT', 'TEXTAREA', 'SELECT'].includes((event.target as HTMLElement).tagName)
      if (event.key === 'Escape' && device && !typing && !event.defaultPrevented) go({ sel: null })
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [device])
  return (
    <div className={device ? 'page page--split' : 'page'} id="list" tabIndex={-1}>
      <div className="page-main">
        <header className="page-head">
          <h1>{t.device.title}</h1>
        </header>
        <Tabs className="tabs" selectedKey={tab} onSelectionChange={(key) => setTab(String(key))}>
          <TabList aria-label={t.device.title} className="tabs-list">
            <Tab id="devices">{t.device.devices}</Tab>
            <Tab id="quarantine">{t.device.quarantine}</Tab>
            <Tab id="live">{t.device.live}</Tab>
          </TabList>
          <TabPanel id="devices" className="tabs-panel">
            <DeviceTable />
          </TabPanel>
          <TabPanel id="quarantine" className="tabs-panel">
            <QuarantineList deviceId={null} />
          </TabPanel>
          <TabPanel id="live" className="tabs-panel">
            <LiveMessages />
          </TabPanel>
        </Tabs>
      </div>
      {device ? (
        <aside className="page-side">
          <DeviceDetail key={device} id={device} onClose={() => go({ sel: null })} />
        </aside>
      ) : null}
    </div>
  )
}
