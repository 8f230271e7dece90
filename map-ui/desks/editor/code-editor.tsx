import { type KeyboardEvent, useRef } from 'react'

type Props = {
  value: string
  onChange: (code: string) => void
  label: string
  rows?: number
  placeholder?: string
  id?: string
  'aria-describedby'?: string | undefined
  'aria-invalid'?: boolean | undefined
}

const INDENT = '  '

/**
 * A plain field for code with line numbers. Tab indents and Shift+Tab takes it back; Escape and then Tab leaves the
 * field, so that nobody who uses the keys is caught in it (WCAG 2.1.2).
 */
export function CodeEditor({ value, onChange, label, rows = 16, placeholder, ...aria }: Props) {
  const numbers = useRef<HTMLDivElement>(null)
  const leaving = useRef(false)
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === 'Escape') {
      leaving.current = true
      event.preventDefault()
      event.stopPropagation()
      return
    }
    if (event.key !== 'Tab' || leaving.current || event.ctrlKey || event.altKey) {
      if (event.key !== 'Tab' && event.key !== 'Shift') leaving.current = false
      return
    }
    event.preventDefault()
    const field = event.currentTarget
    const { text, from, to } = indented(value, field.selectionStart, field.selectionEnd, event.shiftKey)
    onChange(text)
    requestAnimationFrame(() => field.setSelectionRange(from, to))
  }
  const lines = value.split('\n').length
  return (
    <div className="code">
      <div ref={numbers} className="code-numbers" aria-hidden="true">
        {Array.from({ length: Math.max(lines, rows) }, (_, i) => i + 1).join('\n')}
      </div>
      <textarea
        {...aria}
        className="code-text"
        aria-label={label}
        rows={rows}
        value={value}
        wrap="off"
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        placeholder={placeholder}
        onChange={(e) => onChange(e.target.value)}
        onKeyDown={onKeyDown}
        onBlur={() => {
          leaving.current = false
        }}
        onScroll={(e) => {
          if (numbers.current) numbers.current.scrollTop = e.currentTarget.scrollTop
        }}
      />
    </div>
  )
}

/** Move the lines of a selection in or out; without a selection, put two spaces at the cursor. */
export function indented(
  text: string,
  from: number,
  to: number,
  out: boolean,
): { text: string; from: number; to: number } {
  if (from === to && !out) {
    return {
      text: text.slice(0, from) + INDENT + text.slice(to),
      from: from + INDENT.length,
      to: to + INDENT.length,
    }
  }
  const start = text.lastIndexOf('\n', from - 1) + 1
  const block = text.slice(start, to)
  const lines = block.split('\n')
  const moved = lines.map((line) => (out ? line.replace(/^ {1,2}|^\t/, '') : INDENT + line))
  const first = (moved[0] ?? '').length - (lines[0] ?? '').length
  const all = moved.join('\n').length - block.length
  return {
    text: text.slice(0, start) + moved.join('\n') + text.slice(to),
    from: Math.max(start, from + first),
    to: Math.max(start, to + all),
  }
}
