import { useState } from 'react'
import { useAction } from '../../client/action.ts'
import { fetchOrThrow } from '../../client/fetch.ts'
import { invalidate, useResource } from '../../client/resource.ts'
import type { Certificate } from '../../client/types.ts'
import { Part } from '../../detail/detail-frame.tsx'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { Popup } from '../../parts/dialog.tsx'
import { Field, TEXTAREA } from '../../parts/field.tsx'
import { FileButton } from '../../parts/file-button.tsx'
import { Alert, Failed, Loading, wordsOf } from '../../parts/states.tsx'
import { useFault } from '../../parts/use-fault.ts'
import { useFormat } from '../../text/format.ts'
import { useText } from '../../text/language.ts'

/** Client certificates with which a device may log in over TLS instead of a secret. */
export function Certificates({ deviceId }: { deviceId: string }) {
  const t = useText()
  const f = useFormat()
  const path = `/v1/devices/${encodeURIComponent(deviceId)}/certificates`
  const { data, error } = useResource<{ items: Certificate[] }>(path)
  const [adding, setAdding] = useState(false)
  const [ending, setEnding] = useState<Certificate | null>(null)
  const revoke = useAction(async (certificate: Certificate) => {
    await fetchOrThrow(`${path}/${certificate.fingerprint}`, { method: 'DELETE' })
    setEnding(null)
    invalidate('/v1/devices')
  })
  return (
    <Part title={t.desk.access.certificates}>
      {data ? null : error ? <Failed error={error} retry={path} /> : <Loading />}
      {data && data.items.length === 0 ? <p className="quiet">{t.desk.access.noCertificates}</p> : null}
      {data && data.items.length > 0 ? (
        <ul className="plain-list cards">
          {data.items.map((certificate) => (
            <li key={certificate.fingerprint}>
              <span>
                <b>{certificate.subject}</b>{' '}
                <span className={certificate.revokedAt ? 'badge' : 'badge badge--good'}>
                  {certificate.revokedAt ? t.desk.access.revoked : t.desk.access.valid}
                </span>
                <span className="cell-sub figures">
                  {t.desk.access.fromTo(f.date(certificate.notBefore), f.date(certificate.notAfter))} ·
                  SHA-256 <code>{certificate.fingerprint.slice(0, 16)}…</code>
                </span>
              </span>
              {certificate.revokedAt ? null : (
                <Button look="subtle" onClick={() => setEnding(certificate)}>
                  {t.device.revoke}
                </Button>
              )}
            </li>
          ))}
        </ul>
      ) : null}
      <div className="actions-row">
        <Button icon="plus" onClick={() => setAdding(true)}>
          {t.desk.access.addCertificate}
        </Button>
      </div>
      <AddCertificate path={path} open={adding} onClose={() => setAdding(false)} />
      <Confirm
        title={t.device.revoke}
        open={ending !== null}
        busy={revoke.busy}
        action={t.device.revoke}
        onClose={() => setEnding(null)}
        onSure={() => {
          if (ending) void revoke.run(ending)
        }}
      >
        <p>{t.desk.access.certificateSure(ending?.subject ?? '')}</p>
        {revoke.error ? <Alert kind="error">{wordsOf(revoke.error, t)}</Alert> : null}
      </Confirm>
    </Part>
  )
}

function AddCertificate({ path, open, onClose }: { path: string; open: boolean; onClose: () => void }) {
  const t = useText()
  const [pem, setPem] = useState('')
  const action = useAction(async () => {
    await fetchOrThrow(path, { method: 'POST', body: { pem } })
    setPem('')
    invalidate('/v1/devices')
    onClose()
  })
  const faultAt = useFault(action.error)
  return (
    <Popup title={t.desk.access.addCertificate} open={open} onClose={onClose} wide>
      <div className="form">
        {action.error ? <Alert kind="error">{wordsOf(action.error, t)}</Alert> : null}
        <Field label={t.desk.access.pem} hint={t.desk.access.pemHint} fault={faultAt('/pem')}>
          <textarea
            className={`${TEXTAREA} mono`}
            rows={8}
            value={pem}
            spellCheck={false}
            onChange={(e) => setPem(e.target.value)}
          />
        </Field>
        <div className="actions-row">
          <Button
            look="primary"
            busy={action.busy}
            onClick={() => {
              if (pem.trim()) void action.run()
            }}
          >
            {t.desk.access.addCertificate}
          </Button>
          <FileButton accept=".pem,.crt,.cer" label={t.desk.chooseFile} onText={setPem} />
          <Button onClick={onClose}>{t.common.cancel}</Button>
        </div>
      </div>
    </Popup>
  )
}
