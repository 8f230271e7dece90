import type { Hypothesis } from '../../model/evidence.ts'

/**
 * One outline and one glyph per hypothesis on a 24 × 24 grid: told apart by shape first. The list, the legend and the
 * map draw from the same paths.
 */
export const HYPOTHESIS_SHAPES: Record<Hypothesis, { outline: string; glyph: string }> = {
  'local-defect': { outline: 'M12 1.2 22.8 12 12 22.8 1.2 12Z', glyph: 'M12 7v6.2M12 16.4v.2' },
  unevenness: {
    outline: 'M4.5 4h15a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-15a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2Z',
    glyph: 'M6 12.5c1.5-4 3.5-4 6-.5s4.5 3.5 6-.5',
  },
  settlement: { outline: 'M3 2.5h18v10.5l-9 9-9-9Z', glyph: 'M12 6v8.5M8.7 11.3l3.3 3.3 3.3-3.3' },
  'lamp-out': {
    outline: 'M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Z',
    glyph: 'M8.3 8.3l7.4 7.4M15.7 8.3l-7.4 7.4',
  },
  'lamp-day-burner': {
    outline: 'M7.9 2h8.2l5.9 5.9v8.2L16.1 22H7.9L2 16.1V7.9Z',
    glyph: 'M12 9.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 0 0 0-4.8ZM12 5.5v1M12 17.5v1M5.5 12h1M17.5 12h1',
  },
  'sensor-faulty': {
    outline: 'M12 1.5l9.2 5.250v10.5L12 22.5l-9.2-5.250V6.750Z',
    glyph: 'M9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M12 16.6v.2',
  },
}
