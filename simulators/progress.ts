import { readFileSync, renameSync, writeFileSync } from 'node:fs'

/** How far the history was sent: epoch ms per kind of device, so that a restart goes on where it was. */
export type Progress = { vehicles: number; lamps: number; air: number; soil: number; satellite: boolean }

export function loadProgress(file: string, fromMs: number): Progress {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Progress
  } catch {
    return { vehicles: fromMs, lamps: fromMs, air: fromMs, soil: fromMs, satellite: false }
  }
}

export function saveProgress(file: string, progress: Progress): void {
  writeFileSync(`${file}.new`, JSON.stringify(progress))
  renameSync(`${file}.new`, file)
}
