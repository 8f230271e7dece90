import type { ReactNode } from 'react'
import type { DeviceLiveness } from '../../model/device.ts'
import type { Place } from '../client/place.ts'
import { useResource } from '../client/resource.ts'
import type { Device, Freshness, Page, QuarantineItem, QuarantineSummary } from '../client/types.ts'
import { PlaceLink } from '../parts/place-link.tsx'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'

/** How it stands, on one line: who is heard, who is not, what was refused last and how full quarantine is. */
export function DeskSummary() {
  const t = useText()
  const f = useFormat()
  const online = useCount('online')
  const late = useCount('late')
  const never = useCount('never')
  const fresh = useResource<Freshness>('/v1/freshness').data
  const refused = useResource<QuarantineSummary>('/v1/quarantine/summary').data
  const last = useResource<Page<QuarantineItem>>('/v1/quarantine?limit=1').data?.items[0]
  const full = refused ? refused.bytes / Math.max(1, refused.maxBytes) : 0
  return (
    <ul className="summary figures">
      <Fact words={t.liveness.online} to={devicesThat('online')} value={count(online, f.number)} />
      <Fact
        words={t.liveness.late}
        to={devicesThat('late')}
        value={count(late, f.number)}
        bad={(late ?? 0) > 0}
      />
      <Fact
        words={t.liveness.never}
        to={devicesThat('never')}
        value={count(never, f.number)}
        bad={(never ?? 0) > 0}
      />
      <Fact
        words={t.desk.summary.behind}
        to={devicesThat('late')}
        value={fresh ? t.common.of(f.number(fresh.behind), f.number(fresh.expected)) : '–'}
        bad={(fresh?.behind ?? 0) > 0}
      />
      <Fact
        words={t.desk.summary.lastRefused}
        to={{ tab: 'quarantine', sel: null, code: '', deviceId: '', typeId: '' }}
        value={last ? f.ago(last.receivedAt) : '–'}
      />
      <Fact
        words={t.desk.summary.quarantine}
        to={{ tab: 'quarantine', sel: null, code: '', deviceId: '', typeId: '' }}
        value={
          refused ? (
            <>
              {f.number(refused.messages)}{' '}
              <span className="quiet">
                {t.desk.summary.ofMax(f.size(refused.bytes), f.size(refused.maxBytes))}
              </span>
            </>
          ) : (
            '–'
          )
        }
        bad={full > 0.8}
      />
    </ul>
  )
}

type FactProps = { words: string; value: ReactNode; to: Partial<Place>; bad?: boolean }

function Fact({ words, value, to, bad = false }: FactProps) {
  return (
    <li>
      <PlaceLink to={to} className={bad ? 'summary-fact summary-fact--bad' : 'summary-fact'}>
        <span className="summary-words">{words}</span> <span className="summary-value">{value}</span>
      </PlaceLink>
    </li>
  )
}

function useCount(liveness: DeviceLiveness): number | undefined {
  return useResource<Page<Device>>(`/v1/devices?liveness=${liveness}&limit=1`).data?.total
}

const count = (n: number | undefined, words: (n: number) => string) => (n === undefined ? '–' : words(n))

function devicesThat(liveness: DeviceLiveness): Partial<Place> {
  return { tab: 'devices', sel: null, part: '', liveness, deviceKind: '', typeId: '', q: '' }
}
