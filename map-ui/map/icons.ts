import type { FlagView } from '../../model/api.ts'
import type { CasePriority, CaseState } from '../../model/case.ts'
import type { Hypothesis } from '../../model/evidence.ts'
import { HYPOTHESIS_SHAPES } from '../parts/hypothesis-shapes.ts'

/** Markers as text for Leaflet; their colours come from map.css. */
export type FlagProps = {
  id: string
  hypothesis: Hypothesis
  state: FlagView['state']
  confidence: number
  street: string
}
export type CaseProps = {
  id: string
  state: CaseState
  priority: CasePriority
  title?: string
  street?: string
  hypothesis?: Hypothesis
}
export type LampStatus = 'ok' | 'out' | 'day-burner' | 'silent' | 'unknown'

export function flagIcon(props: FlagProps) {
  const shape = HYPOTHESIS_SHAPES[props.hypothesis]
  const over = props.state === 'closed' || props.state === 'rejected'
  const sure = props.state === 'confirmed' ? ' flag-marker--confirmed' : ''
  return {
    html: `<svg viewBox="-2 -2 28 28" class="mark${over ? ' mark--over' : ''}" aria-hidden="true"><path class="mark-outline" d="${shape.outline}"/><path class="mark-glyph" d="${shape.glyph}"/></svg>`,
    size: 28,
    className: `flag-marker${sure}`,
  }
}

export function caseIcon(props: CaseProps) {
  const high = props.priority === 'high' ? ' case-marker--high' : ''
  const done = props.state === 'closed' || props.state === 'cancelled' ? ' case-marker--done' : ''
  return {
    html: '<svg viewBox="0 0 28 28" aria-hidden="true"><path class="case-body" d="M4 9h7l2-3h11v16H4Z"/><path class="case-line" d="M4 12.5h20"/></svg>',
    size: 28,
    className: `case-marker${high}${done}`,
  }
}

export function lampIcon(status: LampStatus) {
  const inner = {
    ok: '<circle cx="8" cy="8" r="3.6" class="lamp-dot"/>',
    silent: '<circle cx="8" cy="8" r="3.6" class="lamp-hollow"/>',
    out: '<circle cx="8" cy="8" r="6" class="lamp-hollow lamp-alarm"/><path d="M4.8 4.8l6.4 6.4M11.2 4.8l-6.4 6.4" class="lamp-cross"/>',
    'day-burner':
      '<circle cx="8" cy="8" r="4" class="lamp-dot lamp-alarm"/><path d="M8 .8v2M8 13.2v2M.8 8h2M13.2 8h2" class="lamp-cross"/>',
    unknown: '<circle cx="8" cy="8" r="3.6" class="lamp-hollow"/>',
  }[status]
  return {
    html: `<svg viewBox="0 0 16 16" aria-hidden="true">${inner}</svg>`,
    size: status === 'out' || status === 'day-burner' ? 20 : 16,
    className: `lamp-marker lamp-marker--${status}`,
  }
}

/** 0-based class of a PM2.5 value, µg/m³ (bands of the Dutch air quality index, simplified). */
function airClass(pm25: number): 0 | 1 | 2 | 3 {
  if (pm25 <= 10) return 0
  if (pm25 <= 20) return 1
  return pm25 <= 50 ? 2 : 3
}

export function airIcon(value: number | null, faulty: boolean) {
  const band = value === null ? 'none' : String(airClass(value) + 1)
  const words = value === null ? '–' : String(Math.round(value))
  return {
    html: `<span class="air-value air-value--${band}">${words}</span>`,
    size: 34,
    className: faulty ? 'air-marker air-marker--faulty' : 'air-marker',
  }
}
