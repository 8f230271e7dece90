import { Button } from '../../parts/button.tsx'
import { FileButton } from '../../parts/file-button.tsx'
import { useText } from '../../text/language.ts'
import { CodeEditor } from './code-editor.tsx'

const EXAMPLE = `function decodeUplink(input) {
  const bytes = input.bytes
  return {
    data: {
      temperature: ((bytes[0] << 8) | bytes[1]) / 100,
    },
  }
}
`

type Props = { codec: string | null; onChange: (codec: string | null) => void; rows?: number }

/** The codec of a LoRaWAN type, as makers publish it for The Things Stack and ChirpStack: pasted, typed or uploaded. */
export function CodecEditor({ codec, onChange, rows = 16 }: Props) {
  const t = useText()
  return (
    <div className="stack">
      <p className="quiet">{t.desk.codec.intro}</p>
      <CodeEditor
        label={t.desk.codec.title}
        rows={rows}
        value={codec ?? ''}
        placeholder={EXAMPLE}
        onChange={(code) => onChange(code === '' ? null : code)}
      />
      <div className="actions-row">
        <FileButton accept=".js,.mjs,.txt,text/javascript" label={t.desk.codec.upload} onText={onChange} />
        {codec === null ? <Button onClick={() => onChange(EXAMPLE)}>{t.desk.codec.example}</Button> : null}
        <span className="quiet">{t.desk.codec.keys}</span>
      </div>
    </div>
  )
}
