import type { ReactNode } from 'react'
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { useText } from '../text/language.ts'
import { IconButton } from './button.tsx'

type Props = {
  title: string
  open: boolean
  onClose: () => void
  children: ReactNode
  wide?: boolean
  size?: 'page'
}

/** A modal dialog: focus stays inside, Esc closes, focus returns to where it came from. */
export function Popup({ title, open, onClose, children, wide = false, size }: Props) {
  const t = useText()
  return (
    <ModalOverlay
      isOpen={open}
      onOpenChange={(now) => {
        if (!now) onClose()
      }}
      isDismissable
      className="popup-veil"
    >
      <Modal className={`popup ${size === 'page' ? 'popup--page' : wide ? 'popup--wide' : ''}`}>
        <Dialog className="popup-dialog">
          <header className="popup-head">
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            <IconButton icon="close" label={t.common.close} onClick={onClose} />
          </header>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
