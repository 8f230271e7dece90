import { useEffect, useState } from 'react'
import { ComboBox, Input, Label, ListBox, ListBoxItem, Popover } from 'react-aria-components'
import { query } from '../client/fetch.ts'
import { go, here } from '../client/location.ts'
import { useSteadyResource } from '../client/resource.ts'
import type { Street } from '../client/types.ts'
import { showBounds } from '../map/focus.ts'
import { Icon } from '../parts/icon.tsx'
import { useText } from '../text/language.ts'

const WAIT_MS = 150

/** Type a street, choose it: the map goes there and the list shows what is there. */
export function StreetSearch() {
  const t = useText()
  const [typed, setTyped] = useState('')
  const [asked, setAsked] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setAsked(typed.trim()), WAIT_MS)
    return () => clearTimeout(timer)
  }, [typed])
  const found = useSteadyResource<{ items: Street[] }>(
    asked.length > 1 ? `/v1/streets${query({ query: asked })}` : null,
  )
  const streets = asked.length > 1 ? (found.data?.items ?? []) : []

  const hint = asked.length < 2 ? t.search.more : found.loading ? t.common.loading : t.search.empty

  const choose = (name: string) => {
    const street = streets.find((s) => s.name === name)
    if (!street) return
    const view = here().view === 'cases' ? 'cases' : 'map'
    go(view === 'cases' ? { view, q: street.name, sel: null } : { view, street: street.name, sel: null })
    showBounds(street.bounds)
    setTyped('')
    // What was asked for is in the list now.
    document.getElementById('list')?.focus()
  }
  return (
    <ComboBox
      className="search"
      aria-label={t.search.label}
      inputValue={typed}
      onInputChange={setTyped}
      items={streets.slice(0, 12)}
      value={null}
      onChange={(key) => key !== null && choose(String(key))}
      menuTrigger="input"
      allowsEmptyCollection
      defaultFilter={() => true}
    >
      <Label className="seen-by-readers">{t.search.label}</Label>
      <Icon name="search" size={16} />
      <Input id="street-search" className="search-input" placeholder={t.search.placeholder} />
      <span className="search-key" aria-hidden="true">
        /
      </span>
      <Popover className="search-popover" offset={4}>
        <ListBox<Street> className="search-list" renderEmptyState={() => <p className="quiet">{hint}</p>}>
          {(street) => (
            <ListBoxItem id={street.name} textValue={street.name} className="menu-item">
              {street.name}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  )
}
