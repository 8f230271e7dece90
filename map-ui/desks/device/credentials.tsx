import { useState } from 'react'
import { useAction } from '../../client/action.ts'
import { fetchOrThrow } from '../../client/fetch.ts'
import { invalidate, useResource } from '../../client/resource.ts'
import type { Credential, DeviceCredential } from '../../client/types.ts'
import { Part } from '../../detail/detail-frame.tsx'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { Popup } from '../../parts/dialog.tsx'
import { Alert, Failed, Loading, wordsOf } from '../../parts/states.tsx'
import { useFormat } from '../../text/format.ts'
import { useText } from '../../text/language.ts'
import { SecretOnce } from '../secret-once.tsx'
import { RotateSecret } from './rotate-secret.tsx'

/** The secrets of a device, each until when; a new one may leave the old one valid for a while. */
export function Credentials({ deviceId }: { deviceId: string }) {
  const t = useText()
  const path = `/v1/devices/${encodeURIComponent(deviceId)}/credentials`
  const { data, error } = useResource<{ items: DeviceCredential[] }>(path)
  const [fresh, setFresh] = useState<Credential | null>(null)
  const [rotating, setRotating] = useState(false)
  const [ending, setEnding] = useState<DeviceCredential | 'all' | null>(null)
  const revoke = useAction(async (which: DeviceCredential | 'all') => {
    await fetchOrThrow(which === 'all' ? path : `${path}/${encodeURIComponent(which.id)}`, {
      method: 'DELETE',
    })
    setEnding(null)
    invalidate('/v1/devices')
  })
  const items = data?.items ?? []
  const valid = items.filter((c) => c.valid)
  return (
    <Part title={t.desk.access.secrets}>
      {data ? null : error ? <Failed error={error} retry={path} /> : <Loading />}
      {data && items.length === 0 ? <p className="quiet">{t.desk.access.noSecrets}</p> : null}
      {items.length > 0 ? <CredentialTable items={items} onRevoke={setEnding} /> : null}
      <div className="actions-row">
        <Button look="primary" icon="plus" onClick={() => setRotating(true)}>
          {t.device.newSecret}
        </Button>
        {valid.length > 0 ? (
          <Button look="danger" onClick={() => setEnding('all')}>
            {t.desk.access.revokeAll}
          </Button>
        ) : null}
      </div>
      <RotateSecret
        path={path}
        others={valid.length}
        open={rotating}
        onClose={() => setRotating(false)}
        onMade={(credential) => {
          setRotating(false)
          setFresh(credential)
        }}
      />
      <Popup title={t.device.secretTitle} open={fresh !== null} onClose={() => setFresh(null)} wide>
        {fresh ? <SecretOnce credential={fresh} /> : null}
      </Popup>
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
        <p>{ending === 'all' || valid.length < 2 ? t.device.revokeSure : t.desk.access.revokeOneSure}</p>
        {revoke.error ? <Alert kind="error">{wordsOf(revoke.error, t)}</Alert> : null}
      </Confirm>
    </Part>
  )
}

type TableProps = { items: readonly DeviceCredential[]; onRevoke: (credential: DeviceCredential) => void }

function CredentialTable({ items, onRevoke }: TableProps) {
  const t = useText()
  const f = useFormat()
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll" tabIndex={0} aria-label={t.desk.access.secrets}>
      <table className="utrecht-table">
        <thead>
          <tr>
            <th scope="col">{t.desk.access.label}</th>
            <th scope="col">{t.desk.access.state}</th>
            <th scope="col">{t.desk.access.made}</th>
            <th scope="col">{t.desk.access.until}</th>
            <th scope="col">{t.people.actions}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((credential) => (
            <tr key={credential.id}>
              <th scope="row">{credential.label || t.desk.access.noLabel}</th>
              <td>
                <span className={credential.valid ? 'badge badge--good' : 'badge'}>
                  {credential.valid
                    ? t.desk.access.valid
                    : credential.revokedAt
                      ? t.desk.access.revoked
                      : t.desk.access.expired}
                </span>
              </td>
              <td>
                <time dateTime={credential.createdAt}>{f.date(credential.createdAt)}</time>
              </td>
              <td>{credential.expiresAt ? f.dateTime(credential.expiresAt) : t.desk.access.noEnd}</td>
              <td>
                {credential.valid ? (
                  <Button look="subtle" onClick={() => onRevoke(credential)}>
                    {t.device.revoke}
                  </Button>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
