import type { DatabaseSync } from 'node:sqlite'

/** A setting or counter as text; undefined when it was never set. */
export function readSetting(sqlite: DatabaseSync, key: string): string | undefined {
  const row = sqlite.prepare('select value from setting where key = ?').get(key) as
    | { value: string }
    | undefined
  return row?.value
}

/** Add a whole number to a counter that lives among the settings. */
export function addToCounter(sqlite: DatabaseSync, key: string, amount: number): void {
  sqlite
    .prepare(
      `insert into setting (key, value) values (?1, cast(cast(?2 as integer) as text))
       on conflict (key) do update set value = cast(cast(value as integer) + cast(?2 as integer) as text)`,
    )
    .run(key, amount)
}
