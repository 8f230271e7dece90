import { useEffect, useRef, useState } from 'react'
import type { LiveMessages as Digest } from '../../model/desk.ts'
import type { LiveFilter } from '../../model/live.ts'
import { lookLive } from '../client/live-messages.ts'
import { go, hrefOf, usePlace } from '../client/location.ts'
import { Button } from '../parts/button.tsx'
import { Field, SELECT, TEXTBOX } from '../parts/field.tsx'
import { Empty } from '../parts/states.tsx'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'
import { summaryWords } from '../text/refusals.ts'
import { LiveRate, type Rate } from './live-rate.tsx'
import { MessagePopup } from './trace/trace-popup.tsx'
import { VerdictBadge } from './verdict-badge.tsx'

const KEEP = 300
const DRAW_MS = 400
/** The rate on screen is that of the last few seconds. */
const RATE_MS = 4_000
/** A filter that is being typed does not open a stream per letter. */
const TYPING_MS = 400

type Row = Digest['items'][number] & { key: number }
type Verdict = NonNullable<LiveFilter['verdict']>
const VERDICTS: readonly Verdict[] = ['accepted', 'refused', 'partly', 'quarantined']

/**
 * What comes in now, newest on top, through a filter that the server applies to all of it. At a high rate this is a
 * sample, and says so; pausing keeps what is on screen while one reads it.
 */
export function LiveMessages() {
  const t = useText()
  const f = useFormat()
  const { deviceId } = usePlace()
  const [topic, setTopic] = useState('')
  const [verdict, setVerdict] = useState<Verdict | ''>('')
  const [rows, setRows] = useState<Row[]>([])
  const [paused, setPaused] = useState(false)
  const [connected, setConnected] = useState(true)
  const [rate, setRate] = useState<Rate | null>(null)
  const [opened, setOpened] = useState<string | null>(null)
  const waiting = useRef<Row[]>([])
  const digests = useRef<{ at: number; digest: Digest }[]>([])
  const count = useRef(0)

  useEffect(() => {
    let end = () => {}
    const start = setTimeout(() => {
      setRows([])
      waiting.current = []
      digests.current = []
      const filter: LiveFilter = {
        ...(deviceId ? { deviceId } : {}),
        ...(topic ? { topic } : {}),
        ...(verdict ? { verdict } : {}),
      }
      end = lookLive(filter, {
        connected: setConnected,
        messages: (digest) => {
          digests.current.push({ at: Date.now(), digest })
          for (const item of digest.items) {
            count.current += 1
            waiting.current.unshift({ ...item, key: count.current })
          }
          waiting.current.length = Math.min(waiting.current.length, KEEP)
        },
      })
    }, TYPING_MS)
    return () => {
      clearTimeout(start)
      end()
    }
  }, [deviceId, topic, verdict])

  useEffect(() => {
    const timer = setInterval(() => {
      digests.current = digests.current.filter((d) => Date.now() - d.at < RATE_MS)
      setRate(rateOf(digests.current.map((d) => d.digest)))
      if (paused || waiting.current.length === 0) return
      const fresh = waiting.current
      waiting.current = []
      setRows((old) => [...fresh, ...old].slice(0, KEEP))
    }, DRAW_MS)
    return () => clearInterval(timer)
  }, [paused])

  return (
    <>
      <div className="toolbar toolbar--live">
        <Field label={t.live.device}>
          <input
            className={TEXTBOX}
            value={deviceId}
            onChange={(event) => go({ deviceId: event.target.value.trim() }, 'replace')}
            autoCapitalize="none"
            spellCheck={false}
          />
        </Field>
        <Field label={t.live.topic}>
          <input
            className={TEXTBOX}
            value={topic}
            maxLength={128}
            onChange={(event) => setTopic(event.target.value)}
            autoCapitalize="none"
            spellCheck={false}
          />
        </Field>
        <Field label={t.live.verdict}>
          <select
            className={SELECT}
            value={verdict}
            onChange={(event) => setVerdict(event.target.value as Verdict | '')}
          >
            <option value="">{t.live.all}</option>
            {VERDICTS.map((one) => (
              <option key={one} value={one}>
                {t.live.verdicts[one]}
              </option>
            ))}
          </select>
        </Field>
        <div className="toolbar-end actions-row">
          <Button aria-pressed={paused} onClick={() => setPaused(!paused)}>
            {paused ? t.device.resume : t.device.pause}
          </Button>
          <Button
            onClick={() => {
              waiting.current = []
              setRows([])
            }}
          >
            {t.device.clear}
          </Button>
        </div>
      </div>
      <LiveRate rate={rate} connected={connected} paused={paused} waiting={waiting.current.length} />
      {rows.length === 0 ? (
        <Empty text={t.device.liveEmpty} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="table-scroll" tabIndex={0} aria-label={t.device.live}>
          <table className="utrecht-table table-live">
            <thead>
              <tr>
                <th scope="col">{t.device.received}</th>
                <th scope="col">{t.device.verdict}</th>
                <th scope="col">{t.device.id}</th>
                <th scope="col">{t.device.payload}</th>
                <th scope="col">{t.device.topic}</th>
                <th scope="col" className="numeric">
                  {t.device.size}
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.key}>
                  <td>
                    <button
                      type="button"
                      className="link-button figures"
                      aria-label={t.live.open(f.time(row.receivedAt), row.deviceId)}
                      onClick={() => setOpened(row.correlationId)}
                    >
                      {f.time(row.receivedAt)}
                    </button>
                  </td>
                  <td>
                    <VerdictBadge verdict={row.verdict} />
                  </td>
                  <td>
                    <a href={hrefOf({ sel: { kind: 'device', id: row.deviceId } })}>{row.deviceId}</a>
                  </td>
                  <td className="live-summary">{summaryWords(row.summary, t)}</td>
                  <td>
                    <code>{row.topic}</code>
                  </td>
                  <td className="numeric">{f.number(row.bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <MessagePopup correlationId={opened} onClose={() => setOpened(null)} />
    </>
  )
}

/** Per second, over the digests of the last seconds. */
function rateOf(digests: readonly Digest[]): Rate | null {
  const ms = digests.reduce((sum, d) => sum + d.overMs, 0)
  if (ms === 0) return null
  const per = (n: number) => (n * 1000) / ms
  const sum = (field: 'total' | 'accepted' | 'partly' | 'quarantined') =>
    digests.reduce((all, d) => all + d[field], 0)
  const total = sum('total')
  return {
    perSecond: per(total),
    refusedPerSecond: per(sum('partly') + sum('quarantined')),
    shown: total === 0 ? 1 : digests.reduce((all, d) => all + d.items.length, 0) / total,
  }
}
