import { Popup } from '../parts/dialog.tsx'
import { useText } from '../text/language.ts'

export function HelpDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useText()
  return (
    <Popup title={t.help.title} open={open} onClose={onClose}>
      <dl className="help">
        {t.help.rows.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Popup>
  )
}
