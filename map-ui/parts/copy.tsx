import { useState } from 'react'
import { useText } from '../text/language.ts'
import { Button } from './button.tsx'

/** Something to take elsewhere: shown in full, copied with one press. */
export function Copy({
  label,
  value,
  multiline = false,
}: {
  label: string
  value: string
  multiline?: boolean
}) {
  const t = useText()
  const [copied, setCopied] = useState(false)
  const copy = () => {
    navigator.clipboard.writeText(value).then(
      () => setCopied(true),
      () => setCopied(false), // no permission: the text is on screen and can be selected
    )
  }
  return (
    <div className="copy">
      <p className="utrecht-form-label">{label}</p>
      <pre className={multiline ? 'copy-text copy-text--block' : 'copy-text'}>
        <code>{value}</code>
      </pre>
      <Button look="secondary" icon={copied ? 'check' : 'copy'} onClick={copy}>
        <span aria-live="polite">{copied ? t.common.copied : t.common.copy}</span>
      </Button>
    </div>
  )
}
