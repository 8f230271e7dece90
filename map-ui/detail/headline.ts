import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import type { Evidence, FlagDetail } from '../client/types.ts'
import type { Language } from '../text/language.ts'
import type { Dictionary } from '../text/nl.ts'

const DAY_MS = 86_400_000

/** The reason in one plain sentence, counted from the evidence itself. */
export function headlineOf(
  flag: FlagDetail,
  t: Dictionary,
  language: Language,
  now: number = Date.now(),
): string {
  const own = flag.evidence.filter((e) => e.hypothesis === flag.hypothesis)
  const vehicles = own.filter((e) => e.sourceKind === 'vehicle')
  const distinct = (list: typeof own) => new Set(list.map((e) => e.sourceId)).size
  const oldest = Math.min(...own.map((e) => new Date(e.time).getTime()))
  const days = Number.isFinite(oldest) ? Math.max(1, Math.ceil((now - oldest) / DAY_MS)) : 1
  const spoke = own.filter((e) => e.llr > 0)
  if (vehicles.length > 0 && flag.hypothesis === 'local-defect') {
    return t.flag.headlineVehicles(distinct(vehicles.filter((e) => e.llr > 0)), distinct(vehicles), days)
  }
  if (vehicles.length > 0 && flag.hypothesis === 'unevenness') {
    return t.flag.headlineUneven(distinct(vehicles.filter((e) => e.llr > 0)), distinct(vehicles), days)
  }
  if (spoke.some((e) => e.sourceKind === 'inspector') || flag.judgements.some((j) => j.kind === 'finding')) {
    return t.flag.headlineInspector
  }
  if (flag.hypothesis === 'settlement') return t.flag.headlineSettlement(sinking(spoke[0]))
  if (flag.hypothesis === 'lamp-out') return t.flag.headlineLampOut(Math.max(1, spoke.length))
  if (flag.hypothesis === 'lamp-day-burner') return t.flag.headlineDayBurner(Math.max(1, spoke.length))
  if (flag.hypothesis === 'sensor-faulty') return t.flag.headlineSensor(propertiesOf(spoke, language))
  return t.flag.headlineOther(Math.max(1, distinct(spoke)))
}

/** Whole mm a year that the place sinks faster than around it, when the evidence says so. */
function sinking(evidence: Evidence | undefined): string | null {
  const difference = evidence?.features.difference
  return typeof difference === 'number' && difference < 0 ? String(Math.round(-difference)) : null
}

/** What the sensor measures that deviates, in words. */
function propertiesOf(evidence: readonly Evidence[], language: Language): string {
  const names = new Set(evidence.map((e) => String(e.features.property ?? '')).filter(Boolean))
  return [...names].map((name) => OBSERVED_PROPERTIES.get(name)?.label[language] ?? name).join(', ')
}
