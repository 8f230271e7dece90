import type { ConditionGrade, Pavement } from '../../model/network.ts'

/** From which roughness (m/km) a pavement of a kind is graded 2 (fair), 3 (poor) and 4 (bad). */
export type GradeLimits = { fair: number; poor: number; bad: number; source: string }

const START = 'Schouw, starting value; to be set by the municipality. CROW 147 limits are not public.'

/**
 * Grades per pavement kind. Elements and cobbles shake more by nature, so their limits are wider: a street of sound
 * klinkers is not a bad street.
 */
export const GRADE_LIMITS: Readonly<Record<Pavement, GradeLimits>> = {
  asphalt: { fair: 3.2, poor: 5, bad: 8, source: START },
  concrete: { fair: 3.5, poor: 5.5, bad: 8.5, source: START },
  elements: { fair: 5, poor: 7.5, bad: 11, source: START },
  tiles: { fair: 5, poor: 7.5, bad: 11, source: START },
  cobbles: { fair: 9, poor: 13, bad: 18, source: START },
  unpaved: { fair: 10, poor: 15, bad: 20, source: START },
  unknown: { fair: 4, poor: 6.5, bad: 10, source: START },
}

/** Grade of a roughness on a kind of pavement. */
export function gradeOf(roughness: number, pavement: Pavement): ConditionGrade {
  const limits = GRADE_LIMITS[pavement]
  if (roughness < limits.fair) return 1
  if (roughness < limits.poor) return 2
  return roughness < limits.bad ? 3 : 4
}
