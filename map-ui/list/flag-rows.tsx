import { useEffect, useState } from 'react'
import { usePlace } from '../client/location.ts'
import type { Flag } from '../client/types.ts'
import { FlagGroupRow } from './flag-group-row.tsx'
import { FlagRow } from './flag-row.tsx'
import { groupFlags } from './group-flags.ts'
import { onRowKeys } from './row-keys.ts'

/**
 * The rows of the list, a worn street as one of them until somebody opens it.
 *
 * @param more the list goes on after these
 */
export function FlagRows({ flags, more }: { flags: readonly Flag[]; more: boolean }) {
  const { sel } = usePlace()
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const groups = groupFlags(flags)
  const selected = groups.find(
    (group) =>
      group.kind === 'many' && sel?.kind === 'flag' && group.flags.some((flag) => flag.id === sel.id),
  )
  const around = selected?.kind === 'many' ? selected.key : null
  // What was opened from the map, a link or with j and k is to be found again in the list.
  useEffect(() => {
    if (around !== null) setOpen((before) => (before.has(around) ? before : new Set(before).add(around)))
  }, [around])
  const toggle = (key: string) =>
    setOpen((before) => {
      const next = new Set(before)
      if (!next.delete(key)) next.add(key)
      return next
    })
  return (
    <ul className="rows" onKeyDown={onRowKeys}>
      {groups.map((group) =>
        group.kind === 'one' ? (
          <li key={group.flag.id}>
            <FlagRow flag={group.flag} />
          </li>
        ) : (
          <li key={group.key}>
            <FlagGroupRow
              flags={group.flags}
              more={more && group === groups.at(-1)}
              open={open.has(group.key)}
              onToggle={() => toggle(group.key)}
            />
          </li>
        ),
      )}
    </ul>
  )
}
