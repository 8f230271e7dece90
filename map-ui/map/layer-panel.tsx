import { useState } from 'react'
import type { Hypothesis } from '../../model/evidence.ts'
import { go, usePlace } from '../client/location.ts'
import { LAYERS, type LayerName } from '../client/place.ts'
import { IconButton } from '../parts/button.tsx'
import { GradeLine } from '../parts/grade-line.tsx'
import { HypothesisMark } from '../parts/hypothesis-mark.tsx'
import { Icon } from '../parts/icon.tsx'
import { useText } from '../text/language.ts'

/** Layers on and off, each with its legend while it is on. */
export function LayerPanel() {
  const t = useText()
  const place = usePlace()
  const [open, setOpen] = useState(() => window.matchMedia('(min-width: 60rem)').matches)
  const toggle = (layer: LayerName) => {
    const on = place.layers.includes(layer)
    go({ layers: LAYERS.filter((l) => (l === layer ? !on : place.layers.includes(l))) }, 'replace')
  }
  if (!open) {
    return (
      <button type="button" className="layers-closed" onClick={() => setOpen(true)}>
        <Icon name="layers" />
        {t.map.layers}
      </button>
    )
  }
  return (
    <section className="layers" aria-label={t.map.layers}>
      <header>
        <h2>{t.map.layers}</h2>
        <IconButton icon="down" label={t.common.close} onClick={() => setOpen(false)} />
      </header>
      <ul className="layers-list">
        {LAYERS.map((layer) => {
          const on = place.layers.includes(layer)
          return (
            <li key={layer}>
              <label className="check">
                <input type="checkbox" checked={on} onChange={() => toggle(layer)} />
                {t.map.layer[layer]}
              </label>
              {on ? <Legend layer={layer} /> : null}
            </li>
          )
        })}
      </ul>
    </section>
  )
}

function Legend({ layer }: { layer: LayerName }) {
  const t = useText()
  if (layer === 'condition') {
    return (
      <>
        <ul className="legend">
          {[1, 2, 3, 4, 0].map((grade) => (
            <li key={grade}>
              <GradeLine grade={grade} />
              <b>{t.gradeLetter[grade]}</b> {t.grade[grade]}
            </li>
          ))}
        </ul>
        <p className="legend-note">{t.map.legendCondition}</p>
      </>
    )
  }
  if (layer === 'flags') {
    return (
      <ul className="legend">
        {(Object.keys(t.hypothesis) as Hypothesis[]).map((hypothesis) => (
          <li key={hypothesis}>
            <HypothesisMark hypothesis={hypothesis} size={16} /> {t.hypothesis[hypothesis]}
          </li>
        ))}
        <li>
          <span className="cluster cluster--flag cluster--legend">12</span> {t.map.legendCluster}
        </li>
      </ul>
    )
  }
  if (layer === 'cases') {
    return (
      <ul className="legend">
        <li>
          <CaseSample high={false} /> {t.map.legendCase}
        </li>
        <li>
          <CaseSample high /> {t.map.legendCaseHigh}
        </li>
      </ul>
    )
  }
  if (layer === 'lamps') {
    return (
      <ul className="legend">
        {(['ok', 'out', 'day-burner', 'silent'] as const).map((status) => (
          <li key={status}>
            <LampSample status={status} />{' '}
            {
              {
                ok: t.map.legendLampOk,
                out: t.map.legendLampOut,
                'day-burner': t.map.legendLampDay,
                silent: t.map.legendLampSilent,
              }[status]
            }
          </li>
        ))}
      </ul>
    )
  }
  if (layer === 'air-posts') {
    return (
      <>
        <p className="legend-note">{t.map.legendAir}</p>
        <ul className="legend">
          {t.map.airClass.map((words, i) => (
            <li key={words}>
              <span className={`air-value air-value--${i + 1}`}>{[7, 15, 32, 60][i]}</span> {words}
            </li>
          ))}
        </ul>
      </>
    )
  }
  return <p className="legend-note">{t.map.legendVehicle}</p>
}

function CaseSample({ high }: { high: boolean }) {
  return (
    <span className={`case-marker case-marker--legend ${high ? 'case-marker--high' : ''}`}>
      <svg viewBox="0 0 28 28" width="18" height="18" aria-hidden="true">
        <path className="case-body" d="M4 9h7l2-3h11v16H4Z" />
        <path className="case-line" d="M4 12.5h20" />
      </svg>
    </span>
  )
}

function LampSample({ status }: { status: 'ok' | 'out' | 'day-burner' | 'silent' }) {
  return (
    <span className={`lamp-marker lamp-marker--${status}`}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        {status === 'ok' ? <circle cx="8" cy="8" r="3.6" className="lamp-dot" /> : null}
        {status === 'silent' ? <circle cx="8" cy="8" r="3.6" className="lamp-hollow" /> : null}
        {status === 'out' ? (
          <>
            <circle cx="8" cy="8" r="6" className="lamp-hollow lamp-alarm" />
            <path d="M4.8 4.8l6.4 6.4M11.2 4.8l-6.4 6.4" className="lamp-cross" />
          </>
        ) : null}
        {status === 'day-burner' ? (
          <>
            <circle cx="8" cy="8" r="4" className="lamp-dot lamp-alarm" />
            <path d="M8 .8v2M8 13.2v2M.8 8h2M13.2 8h2" className="lamp-cross" />
          </>
        ) : null}
      </svg>
    </span>
  )
}
