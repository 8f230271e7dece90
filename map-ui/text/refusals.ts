import type { Language } from './language.ts'
import type { Dictionary } from './nl.ts'
import { DUTCH } from './refusals-nl.ts'

const PATTERNS = DUTCH.map(([english, dutch]) => ({
  test: new RegExp(
    `^${english
      .replace(/[.?()[\]{}|^$+\\]/g, '\\$&')
      .replaceAll('*', '(.+?)')
      .replaceAll('#', '(-?[\\d.e+-]+)')}$`,
    's',
  ),
  dutch,
}))

/** A sentence of a refusal in the language of the reader; one that is not known stays as the device was told it. */
export function refusalWords(text: string, language: Language): string {
  if (language === 'en') return text
  for (const { test, dutch } of PATTERNS) {
    const found = test.exec(text)
    if (!found) continue
    let nth = 0
    return dutch.replaceAll(/[*#]/g, () => found[++nth] ?? '')
  }
  return text
}

/** What a message held and what became of it, part by part as ingest put it: `2 readings; refused: …`. */
export function summaryWords(summary: string, t: Dictionary): string {
  return summary
    .split('; ')
    .map((part) => partWords(part, t))
    .join('; ')
}

function partWords(part: string, t: Dictionary): string {
  const held = t.device.held
  if (part === 'nothing to store') return held.nothing
  const [, n = '', what] = /^(\d+) (readings|findings|cells)$/.exec(part) ?? []
  if (what === 'readings' || what === 'findings' || what === 'cells') return held[what](n)
  const drive = /^drive (.+), chunk (\d+)( \(last\))?, (\d+) samples$/.exec(part)
  if (drive) return held.drive(drive[1] ?? '', drive[2] ?? '', drive[3] !== undefined, drive[4] ?? '')
  const named = /^(status|not mapped:) (.+)$/s.exec(part)
  if (named) return (named[1] === 'status' ? held.status : held.notMapped)(named[2] ?? '')
  const [, code = '', where = '', more] =
    /^refused: (\w+) at (the whole|\S+?)(?: and (\d+) more)?$/.exec(part) ?? []
  const reason = (t.rejectCode as Record<string, string>)[code]
  if (!reason) return part
  return `${reason} (${where === 'the whole' ? t.device.whole : where})${more ? held.more(more) : ''}`
}
