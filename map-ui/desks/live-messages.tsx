import { useEffect, useRef, useState } from 'react'
import { type LiveMessage, onLive } from '../client/events.ts'
import { hrefOf } from '../client/location.ts'
import { Button } from '../parts/button.tsx'
import { Empty } from '../parts/states.tsx'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'
import { summaryWords } from '../text/refusals.ts'
import { VerdictBadge } from './verdict-badge.tsx'

const KEEP = 200
const DRAW_MS = 400

type Row = LiveMessage & { key: number }

/** What comes in now, newest on top; pausing keeps what is on screen while one reads it. */
export function LiveMessages() {
  const t = useText()
  const f = useFormat()
  const [rows, setRows] = useState<Row[]>([])
  const [paused, setPaused] = useState(false)
  const waiting = useRef<Row[]>([])
  const count = useRef(0)

  useEffect(() => {
    const end = onLive('message', (message) => {
      count.current += 1
      waiting.current.unshift({ ...message, key: count.current })
      waiting.current.length = Math.min(waiting.current.length, KEEP)
    })
    return end
  }, [])
  useEffect(() => {
    if (paused) return
    const timer = setInterval(() => {
      if (waiting.current.length === 0) return
      const fresh = waiting.current
      waiting.current = []
      setRows((old) => [...fresh, ...old].slice(0, KEEP))
    }, DRAW_MS)
    return () => clearInterval(timer)
  }, [paused])

  return (
    <>
      <div className="toolbar">
        <p className="quiet">{t.device.liveHint}</p>
        <Button className="toolbar-end" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? t.device.resume : t.device.pause}
        </Button>
        <Button onClick={() => setRows([])}>{t.device.clear}</Button>
      </div>
      {rows.length === 0 ? (
        <Empty text={t.device.liveEmpty} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="table-scroll" tabIndex={0} aria-label={t.device.live}>
          <table className="utrecht-table table-live">
            <thead>
              <tr>
                <th scope="col">{t.device.received}</th>
                <th scope="col">{t.device.id}</th>
                <th scope="col">{t.device.topic}</th>
                <th scope="col" className="numeric">
                  {t.device.size}
                </th>
                <th scope="col">{t.device.verdict}</th>
                <th scope="col">{t.device.payload}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.key}>
                  <td>
                    <time dateTime={row.receivedAt}>{f.time(row.receivedAt)}</time>
                  </td>
                  <td>
                    <a href={hrefOf({ sel: { kind: 'device', id: row.deviceId } })}>{row.deviceId}</a>
                  </td>
                  <td>
                    <code>{row.topic}</code>
                  </td>
                  <td className="numeric">{f.number(row.bytes)}</td>
                  <td>
                    <VerdictBadge verdict={row.verdict} />
                  </td>
                  <td>{summaryWords(row.summary, t)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  )
}
