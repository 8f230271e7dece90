import { useRef } from 'react'
import { Button } from './button.tsx'

/** More than any codec, certificate or list of devices. */
const MAX_BYTES = 8 * 1024 * 1024

type Props = { accept: string; label: string; onText: (text: string, name: string) => void }

/** Read a text file that a person chooses. It does not leave the page by itself. */
export function FileButton({ accept, label, onText }: Props) {
  const input = useRef<HTMLInputElement>(null)
  const read = async (file: File | undefined) => {
    if (!file || file.size > MAX_BYTES) return
    onText(await file.text(), file.name)
    if (input.current) input.current.value = ''
  }
  return (
    <>
      <input
        ref={input}
        type="file"
        accept={accept}
        hidden
        aria-label={label}
        onChange={(event) => void read(event.target.files?.[0])}
      />
      <Button onClick={() => input.current?.click()}>{label}</Button>
    </>
  )
}
