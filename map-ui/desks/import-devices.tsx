import { useState } from 'react'
import { useAction } from '../client/action.ts'
import { fetchOrThrow } from '../client/fetch.ts'
import { invalidate } from '../client/resource.ts'
import type { DeviceImport } from '../client/types.ts'
import { Button } from '../parts/button.tsx'
import { Popup } from '../parts/dialog.tsx'
import { Field, TEXTAREA } from '../parts/field.tsx'
import { FileButton } from '../parts/file-button.tsx'
import { Alert, wordsOf } from '../parts/states.tsx'
import { useFormat } from '../text/format.ts'
import { useLanguage, useText } from '../text/language.ts'
import { refusalWords } from '../text/refusals.ts'

const LINES_SHOWN = 200

/** Many devices at once from a CSV file: first what it would do, line by line, then for real; secrets once. */
export function ImportDevices({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useText()
  const [text, setText] = useState('')
  const [report, setReport] = useState<DeviceImport | null>(null)
  const [kept, setKept] = useState(false)
  const action = useAction(async (dryRun: boolean) => {
    const now = await fetchOrThrow<DeviceImport>(`/v1/devices/imports?dryRun=${dryRun}`, {
      method: 'POST',
      raw: { type: 'text/csv', text },
    })
    setReport(now)
    setKept(false)
    if (!dryRun) invalidate('/v1/devices', '/v1/town')
  })
  const change = (next: string) => {
    setText(next)
    setReport(null)
  }
  const close = () => {
    change('')
    action.clear()
    onClose()
  }
  const done = report !== null && !report.dryRun
  const secrets = report?.credentials ?? []
  return (
    <Popup title={t.desk.import.title} open={open} onClose={close} size="page">
      <div className="form">
        {action.error ? <Alert kind="error">{wordsOf(action.error, t)}</Alert> : null}
        {done ? null : (
          <>
            <Field label={t.desk.import.text} hint={t.desk.import.hint}>
              <textarea
                className={`${TEXTAREA} mono`}
                rows={8}
                value={text}
                wrap="off"
                spellCheck={false}
                placeholder={
                  'id,name,kind,type,lng,lat\nbodem-17,Bodemsensor Parklaan,sensor,dragino-lse01,5.1,52.1'
                }
                onChange={(e) => change(e.target.value)}
              />
            </Field>
            <div className="actions-row">
              <FileButton accept=".csv,text/csv" label={t.desk.chooseFile} onText={change} />
              <Button
                look={report ? 'secondary' : 'primary'}
                busy={action.busy}
                onClick={() => {
                  if (text.trim() !== '') void action.run(true)
                }}
              >
                {t.desk.import.dryRun}
              </Button>
              {report && report.created + report.updated > 0 ? (
                <Button look="primary" busy={action.busy} onClick={() => void action.run(false)}>
                  {t.desk.import.doIt(report.created + report.updated)}
                </Button>
              ) : null}
            </div>
          </>
        )}
        {report ? <Report report={report} /> : null}
        {done && secrets.length > 0 ? (
          <>
            <Alert kind="warning">{t.desk.import.secretsOnce(secrets.length)}</Alert>
            <div className="actions-row">
              <Button
                look="primary"
                icon="download"
                onClick={() => {
                  download(`deviceId,secret\n${secrets.map((s) => `${s.deviceId},${s.secret}`).join('\n')}\n`)
                  setKept(true)
                }}
              >
                {t.desk.import.download}
              </Button>
              {kept ? <span className="badge badge--good">{t.desk.import.downloaded}</span> : null}
            </div>
          </>
        ) : null}
      </div>
    </Popup>
  )
}

function Report({ report }: { report: DeviceImport }) {
  const t = useText()
  const f = useFormat()
  const language = useLanguage()
  return (
    <>
      <p className="trial-counts figures" role="status">
        <b>
          {report.dryRun
            ? t.desk.import.would(f.number(report.created), f.number(report.updated))
            : t.desk.import.did(f.number(report.created), f.number(report.updated))}
        </b>
        {report.refused > 0 ? (
          <b className="refused">{t.desk.import.refused(f.number(report.refused))}</b>
        ) : null}
      </p>
      {report.notes.length > 0 ? (
        <ul className="bullets quiet">
          {report.notes.map((note) => (
            <li key={note}>{refusalWords(note, language)}</li>
          ))}
        </ul>
      ) : null}
      {report.lines.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="table-scroll report" tabIndex={0} aria-label={t.desk.import.report}>
          <table className="utrecht-table">
            <thead>
              <tr>
                <th scope="col" className="numeric">
                  {t.desk.import.line}
                </th>
                <th scope="col">{t.device.id}</th>
                <th scope="col">{t.device.verdict}</th>
                <th scope="col">{t.desk.import.detail}</th>
              </tr>
            </thead>
            <tbody>
              {report.lines.slice(0, LINES_SHOWN).map((line) => (
                <tr key={`${line.line}:${line.detail}`}>
                  <td className="numeric">{line.line}</td>
                  <td>{line.deviceId ?? '–'}</td>
                  <td>
                    <span className={line.verdict === 'refused' ? 'badge badge--bad' : 'badge'}>
                      {t.desk.import.verdict[line.verdict]}
                    </span>
                  </td>
                  <td className="cell-text">{refusalWords(line.detail, language)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {report.lines.length > LINES_SHOWN ? (
            <p className="quiet">{t.desk.trace.andMore(report.lines.length - LINES_SHOWN)}</p>
          ) : null}
        </section>
      ) : null}
    </>
  )
}

function download(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }))
  const link = document.createElement('a')
  link.href = url
  link.download = 'schouw-secrets.csv'
  link.click()
  URL.revokeObjectURL(url)
}
