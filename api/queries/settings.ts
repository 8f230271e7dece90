import type { Config } from '../../config.ts'
import type { Records } from '../../store/records/open.ts'
import { readSetting } from '../../store/records/settings.ts'

type BaseMap = { url: string; attribution: string }

/** What the settings say of the town: rows `town` (`{"name"}`) and `baseMap` (`{"url","attribution"}`), JSON. */
export function readTownSettings(
  records: Records,
  config: Pick<Config, 'demo'>,
): { name: string; baseMap: BaseMap | null } {
  const rows = new Map(
    ['town', 'baseMap'].map((key) => [key, objectOf(readSetting(records.sqlite, key) ?? '')]),
  )
  const name = rows.get('town')?.name
  const { url, attribution } = rows.get('baseMap') ?? {}
  return {
    name: typeof name === 'string' && name !== '' ? name : municipality(records, config),
    baseMap:
      typeof url === 'string' && /^https?:\/\//.test(url)
        ? { url, attribution: typeof attribution === 'string' ? attribution : '' }
        : null,
  }
}

/** Without a setting: the municipality that most of the imported network lies in. */
function municipality(records: Records, config: Pick<Config, 'demo'>): string {
  const row = records.sqlite
    .prepare(
      `select municipality as name from wegvak
       where municipality <> '' and version_id in (select id from network_version where active = 1 and kind = 'nwb')
       group by municipality order by count(*) desc limit 1`,
    )
    .get() as { name: string } | undefined
  return row?.name ?? (config.demo ? 'Demostad' : '')
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
