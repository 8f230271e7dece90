import { existsSync } from 'node:fs'
import path from 'node:path'
import { test } from 'vitest'

const FOLDER = path.resolve(import.meta.dirname, '../../../shared/data')

/** A path in the shared folder of real data, or undefined when it is not there. It is never part of the repository. */
export function sharedData(...parts: string[]): string | undefined {
  const file = path.join(FOLDER, ...parts)
  return existsSync(file) ? file : undefined
}

/**
 * A test on real data. Without the data it is skipped and counted ("N skipped: no data" at the end of the run);
 * with SCHOUW_DATA=required its absence is a failure.
 */
export function dataTest(
  name: string,
  run: (folder: string) => Promise<void> | void,
  timeoutMs?: number,
): void {
  if (existsSync(FOLDER)) {
    test(name, async () => run(FOLDER), timeoutMs)
    return
  }
  test(`${name} [no data]`, (context) => {
    if (process.env.SCHOUW_DATA === 'required')
      throw new Error(`SCHOUW_DATA=required, but ${FOLDER} is not there`)
    context.skip('no data')
  })
}
