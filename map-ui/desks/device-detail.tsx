import { useState } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import type { DatastreamView } from '../../model/api.ts'
import { useAction } from '../client/action.ts'
import { fetchOrThrow } from '../client/fetch.ts'
import { hrefOf } from '../client/location.ts'
import { invalidate, useResource } from '../client/resource.ts'
import type { Credential, Device } from '../client/types.ts'
import { DetailFrame } from '../detail/detail-frame.tsx'
import { LastValues } from '../detail/last-values.tsx'
import { type Range, RangePicker, SeriesChart } from '../detail/series-chart.tsx'
import { Button } from '../parts/button.tsx'
import { Popup } from '../parts/dialog.tsx'
import { Alert, Failed, Loading, wordsOf } from '../parts/states.tsx'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'
import { DeviceMessages } from './device-messages.tsx'
import { Liveness } from './liveness.tsx'
import { QuarantineList } from './quarantine-list.tsx'
import { SecretOnce } from './secret-once.tsx'

export function DeviceDetail({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useText()
  const f = useFormat()
  const path = `/v1/devices/${encodeURIComponent(id)}`
  const { data: device, error } = useResource<Device>(path)
  const streams = useResource<{ items: DatastreamView[] }>(
    `/v1/datastreams?deviceId=${encodeURIComponent(id)}`,
  )
  const [range, setRange] = useState<Range>('24h')
  if (!device) {
    return (
      <DetailFrame kicker={t.device.id} title={id} onClose={onClose}>
        {error ? <Failed error={error} retry={path} /> : <Loading />}
      </DetailFrame>
    )
  }
  const items = streams.data?.items ?? []
  return (
    <DetailFrame
      kicker={`${t.deviceKind[device.kind]} · ${t.format[device.format]}`}
      title={device.name}
      onClose={onClose}
    >
      <dl className="facts figures">
        <div>
          <dt>{t.device.liveness}</dt>
          <dd>
            <Liveness state={device.liveness} revoked={device.revokedAt !== null} />
          </dd>
        </div>
        <div>
          <dt>{t.device.lastMessage}</dt>
          <dd>{device.lastMessageAt ? f.ago(device.lastMessageAt) : t.device.never}</dd>
        </div>
        <div>
          <dt>{t.device.accepted}</dt>
          <dd>{f.number(device.accepted)}</dd>
        </div>
        <div>
          <dt>{t.device.refused}</dt>
          <dd>{f.number(device.refused)}</dd>
        </div>
        {device.bridgeId ? (
          <div>
            <dt>{t.device.bridge}</dt>
            <dd>
              {device.bridgeId} ({device.externalId ?? '–'})
            </dd>
          </div>
        ) : null}
        {device.topicTree ? (
          <div>
            <dt>{t.device.topic}</dt>
            <dd>
              <code>{device.topicTree}</code>
            </dd>
          </div>
        ) : null}
        {device.assetId ? (
          <div>
            <dt>{t.device.asset}</dt>
            <dd>
              <a href={hrefOf({ view: 'map', sel: { kind: 'asset', id: device.assetId } })}>
                {device.assetId}
              </a>
            </dd>
          </div>
        ) : null}
      </dl>
      <Access device={device} />
      <Tabs className="tabs">
        <TabList aria-label={device.name} className="tabs-list">
          <Tab id="messages">{t.device.messages}</Tab>
          <Tab id="quarantine">{t.device.quarantine}</Tab>
          <Tab id="series">{t.device.series}</Tab>
        </TabList>
        <TabPanel id="messages" className="tabs-panel">
          <DeviceMessages id={id} />
        </TabPanel>
        <TabPanel id="quarantine" className="tabs-panel">
          <QuarantineList deviceId={id} />
        </TabPanel>
        <TabPanel id="series" className="tabs-panel">
          <LastValues streams={items} />
          {items.length > 0 ? <RangePicker range={range} onChange={setRange} /> : null}
          {items.map((stream) => (
            <SeriesChart key={stream.id} stream={stream} range={range} />
          ))}
        </TabPanel>
      </Tabs>
    </DetailFrame>
  )
}

/** The device's key: renew it, or take it away. */
function Access({ device }: { device: Device }) {
  const t = useText()
  const [credential, setCredential] = useState<Credential | null>(null)
  const [sure, setSure] = useState(false)
  const path = `/v1/devices/${encodeURIComponent(device.id)}/credentials`
  const renew = useAction(async () => {
    setCredential(
      credentialOf(await fetchOrThrow<Credential | { credential: Credential }>(path, { method: 'POST' })),
    )
    invalidate('/v1/devices')
  })
  const revoke = useAction(async () => {
    await fetchOrThrow(path, { method: 'DELETE' })
    setSure(false)
    invalidate('/v1/devices')
  })
  const error = renew.error ?? revoke.error
  return (
    <div className="actions">
      <div className="actions-row">
        <Button busy={renew.busy} onClick={() => void renew.run()}>
          {t.device.newSecret}
        </Button>
        {device.revokedAt === null && device.hasCredential ? (
          <Button look="danger" onClick={() => setSure(true)}>
            {t.device.revoke}
          </Button>
        ) : null}
      </div>
      {error ? <Alert kind="error">{wordsOf(error, t)}</Alert> : null}
      <Popup title={t.device.secretTitle} open={credential !== null} onClose={() => setCredential(null)} wide>
        {credential ? <SecretOnce credential={credential} /> : null}
      </Popup>
      <Popup title={`${t.device.revoke}: ${device.name}`} open={sure} onClose={() => setSure(false)}>
        <p>{t.device.revokeSure}</p>
        <div className="actions-row">
          <Button look="danger" busy={revoke.busy} onClick={() => void revoke.run()}>
            {t.device.revoke}
          </Button>
          <Button onClick={() => setSure(false)}>{t.common.cancel}</Button>
        </div>
      </Popup>
    </div>
  )
}

function credentialOf(answer: Credential | { credential: Credential }): Credential {
  return 'credential' in answer ? answer.credential : answer
}
