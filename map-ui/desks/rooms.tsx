import { usePlace } from '../client/location.ts'
import { DESK_TABS, type DeskTab } from '../client/place.ts'
import { useResource } from '../client/resource.ts'
import type { Announcement, Page, QuarantineSummary } from '../client/types.ts'
import { PlaceLink } from '../parts/place-link.tsx'
import { ScrollNav } from '../parts/scroll-nav.tsx'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'

/** The rooms of the desk, with what waits in each. */
export function Rooms() {
  const t = useText()
  const f = useFormat()
  const place = usePlace()
  const refused = useResource<QuarantineSummary>('/v1/quarantine/summary').data?.messages
  const announced = useResource<Page<Announcement>>('/v1/announcements?state=proposed&limit=1').data?.total
  const waits: Partial<Record<DeskTab, number | undefined>> = {
    quarantine: refused,
    announcements: announced,
  }
  return (
    <ScrollNav label={t.desk.rooms} open={place.tab}>
      {DESK_TABS.map((tab) => (
        <li key={tab}>
          <PlaceLink to={{ tab, sel: null, part: '' }} current={place.tab === tab ? 'page' : undefined}>
            {t.desk.tab[tab]}
            {waits[tab] ? <span className="rooms-count figures">{f.number(waits[tab])}</span> : null}
          </PlaceLink>
        </li>
      ))}
    </ScrollNav>
  )
}
