import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'

/** Messages that pass the filter, and which part of them is shown (1: all). */
export type Rate = { perSecond: number; refusedPerSecond: number; shown: number }

/** How much comes in, and honestly how much of it is on screen. */
export function LiveRate(props: { rate: Rate | null; connected: boolean; paused: boolean; waiting: number }) {
  const t = useText()
  const f = useFormat()
  const { rate, connected, paused, waiting } = props
  if (!connected) {
    return (
      <p className="live-rate live-rate--lost" role="status">
        {t.live.lost}
      </p>
    )
  }
  const number = (n: number) => f.number(n < 10 ? Math.round(n * 10) / 10 : Math.round(n))
  const all = rate === null || rate.shown > 0.995
  return (
    <p className="live-rate figures">
      <strong>{rate === null ? '–' : number(rate.perSecond)}</strong> {t.live.perSecond}
      {rate !== null && rate.refusedPerSecond > 0 ? (
        <span className="live-rate-refused">{t.live.refusedPerSecond(number(rate.refusedPerSecond))}</span>
      ) : null}
      <span className={all ? 'quiet' : 'live-rate-sample'}>
        {all ? t.live.everything : t.live.sample(f.number(Math.max(1, Math.round(rate.shown * 100))))}
      </span>
      {paused ? <span className="live-rate-paused">{t.live.paused(f.number(waiting))}</span> : null}
    </p>
  )
}
