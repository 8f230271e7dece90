import { useState } from 'react'
import { usePages } from '../../client/pages.ts'
import type { Announcement } from '../../client/types.ts'
import { Button } from '../../parts/button.tsx'
import { Segments } from '../../parts/segments.tsx'
import { Empty, Failed, Loading } from '../../parts/states.tsx'
import { useText } from '../../text/language.ts'
import { AnnouncedDevice } from './announced-device.tsx'

type State = Announcement['state']
const STATES: readonly State[] = ['proposed', 'accepted', 'declined', 'removed']

/** Devices that said of themselves what they are: what Schouw would make of each, to be accepted or declined. */
export function AnnouncementList() {
  const t = useText()
  const [state, setState] = useState<State>('proposed')
  const list = usePages<Announcement>('/v1/announcements', { state })
  const devices = new Map<string, Announcement[]>()
  for (const item of list.items) {
    const key = `${item.senderId}\n${item.proposal.deviceKey || item.proposal.externalId}`
    devices.set(key, [...(devices.get(key) ?? []), item])
  }
  return (
    <>
      <div className="toolbar">
        <Segments
          legend={t.device.liveness}
          value={state}
          options={STATES.map((key) => ({ key, words: t.desk.announcement.state[key] }))}
          onChange={setState}
        />
        <p className="quiet">{t.desk.announcement.intro}</p>
      </div>
      {list.error ? <Failed error={list.error} retry="/v1/announcements" /> : null}
      {list.loading ? <Loading /> : null}
      {!list.loading && !list.error && list.items.length === 0 ? (
        <Empty
          text={t.desk.announcement.none[state]}
          {...(state === 'proposed' ? { hint: t.desk.announcement.noneHint } : {})}
        />
      ) : null}
      <ul className="announced">
        {[...devices].map(([key, items]) => (
          <li key={key}>
            <AnnouncedDevice items={items} />
          </li>
        ))}
      </ul>
      {list.more ? (
        <Button look="subtle" onClick={list.more}>
          {t.common.more}
        </Button>
      ) : null}
    </>
  )
}
