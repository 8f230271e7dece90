import { useEffect, useState } from 'react'
import { Button as AriaButton, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components'
import type { Town } from '../../model/api.ts'
import { onLive } from '../client/events.ts'
import { useMe } from '../client/me.ts'
import { IconButton } from '../parts/button.tsx'
import { Icon } from '../parts/icon.tsx'
import { setLanguage, useLanguage, useText } from '../text/language.ts'
import { StreetSearch } from './street-search.tsx'
import { Wordmark } from './wordmark.tsx'

type Props = { town: Town | undefined; onLogout: () => void; onHelp: () => void }

export function TopBar({ town, onLogout, onHelp }: Props) {
  const t = useText()
  const me = useMe()
  const language = useLanguage()
  const other = language === 'nl' ? 'en' : 'nl'
  return (
    <header className="bar">
      <div className="bar-name">
        <Wordmark />
        {town ? (
          <span className="bar-town">
            {town.name}
            {town.invented ? (
              <span className="bar-invented" title={t.app.inventedHint}>
                {t.app.invented}
              </span>
            ) : null}
          </span>
        ) : null}
      </div>
      <StreetSearch />
      <div className="bar-tools">
        <Connection />
        <button type="button" className="bar-link" lang={other} onClick={() => setLanguage(other)}>
          <span className="bar-link-long">{t.app.switchTo}</span>{' '}
          <span className="bar-link-short">{other.toUpperCase()}</span>
        </button>
        <IconButton icon="help" label={t.app.help} className="bar-icon bar-help" onClick={onHelp} />
        <MenuTrigger>
          <AriaButton className="bar-account" aria-label={`${t.app.account}: ${me.name}`}>
            <Icon name="person" />
            <span className="bar-account-name">{me.name}</span>
          </AriaButton>
          <Popover className="menu-popover" placement="bottom end">
            <p className="menu-note">
              {me.name}
              <br />
              <span className="quiet">{t.role[me.role]}</span>
            </p>
            <Menu aria-label={t.app.account} onAction={onLogout}>
              <MenuItem id="logout" className="menu-item">
                {t.app.logout}
              </MenuItem>
            </Menu>
          </Popover>
        </MenuTrigger>
      </div>
    </header>
  )
}

/** Says only when the live connection is gone: silence must not look like calm. */
function Connection() {
  const t = useText()
  const [connected, setConnected] = useState(true)
  useEffect(() => onLive('connected', setConnected), [])
  return connected ? null : (
    <span className="bar-lost" role="status">
      {t.app.disconnected}
    </span>
  )
}
