import type { ReactNode } from 'react'
import { useText } from '../text/language.ts'
import { Button } from './button.tsx'
import { Popup } from './dialog.tsx'

type Props = {
  title: string
  open: boolean
  busy: boolean
  /** what the button says that does it */
  action: string
  onClose: () => void
  onSure: () => void
  children: ReactNode
}

/** Asks once more before something is done that cannot be undone. */
export function Confirm({ title, open, busy, action, onClose, onSure, children }: Props) {
  const t = useText()
  return (
    <Popup title={title} open={open} onClose={onClose}>
      {children}
      <div className="actions-row">
        <Button look="danger" busy={busy} onClick={onSure}>
          {action}
        </Button>
        <Button onClick={onClose}>{t.common.cancel}</Button>
      </div>
    </Popup>
  )
}
