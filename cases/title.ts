import type { Hypothesis } from '../model/evidence.ts'

/** What a case is called when nobody gave it a name. Dutch: a case is a record of a Dutch municipality. */
const NAMES: Record<Hypothesis, string> = {
  'local-defect': 'Gat of losse plek in de weg',
  unevenness: 'Oneffen wegdek',
  settlement: 'Verzakking van de weg',
  'lamp-out': 'Lantaarn brandt niet',
  'lamp-day-burner': 'Lantaarn brandt overdag',
  'sensor-faulty': 'Sensor meet niet goed',
}

/** Title of a case from what is wrong and where, e.g. `Oneffen wegdek, Dorpsstraat`. */
export function caseTitle(hypothesis: Hypothesis, street: string): string {
  return street === '' ? NAMES[hypothesis] : `${NAMES[hypothesis]}, ${street}`
}
