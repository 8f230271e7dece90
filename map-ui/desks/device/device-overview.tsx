import type { Town } from '../../../model/api.ts'
import { useResource } from '../../client/resource.ts'
import type { Device, Location } from '../../client/types.ts'
import { Part } from '../../detail/detail-frame.tsx'
import { PlaceLink } from '../../parts/place-link.tsx'
import { PlaceMap } from '../../parts/place-map.tsx'
import { useFormat } from '../../text/format.ts'
import { useText } from '../../text/language.ts'
import { deviceAt, mapAt } from '../device-at.ts'
import { DeviceHealth } from './device-health.tsx'
import { DeviceStreams } from './device-streams.tsx'
import { intervalWords } from './interval.ts'

/** What it is, how it is, what it measures, where it stands. */
export function DeviceOverview({ device, town }: { device: Device; town: Town | undefined }) {
  const t = useText()
  return (
    <div className="columns columns--side">
      <div className="stack">
        <DeviceHealth device={device} />
        <Part title={t.desk.device.streams}>
          <DeviceStreams deviceId={device.id} />
        </Part>
      </div>
      <div className="stack">
        <Part title={t.desk.device.facts}>
          <Facts device={device} />
        </Part>
        <Place device={device} town={town} />
      </div>
    </div>
  )
}

function Facts({ device }: { device: Device }) {
  const t = useText()
  const f = useFormat()
  return (
    <dl className="facts figures">
      <div>
        <dt>{t.device.lastMessage}</dt>
        <dd>{device.lastMessageAt ? f.ago(device.lastMessageAt) : t.device.never}</dd>
      </div>
      <div>
        <dt>{t.desk.device.interval}</dt>
        <dd>
          {device.effective.expectedIntervalS === null
            ? t.desk.device.noInterval
            : intervalWords(device.effective.expectedIntervalS, t, f)}
        </dd>
      </div>
      <div>
        <dt>{t.device.accepted}</dt>
        <dd>{f.number(device.accepted)}</dd>
      </div>
      <div>
        <dt>{t.device.refused}</dt>
        <dd className={device.refused > 0 ? 'refused' : undefined}>{f.number(device.refused)}</dd>
      </div>
      <div>
        <dt>{t.desk.device.type}</dt>
        <dd>
          {device.typeId ? (
            <PlaceLink to={{ tab: 'types', sel: { kind: 'type', id: device.typeId }, part: '' }}>
              {device.typeId}
            </PlaceLink>
          ) : (
            t.desk.device.noType
          )}
        </dd>
      </div>
      <div>
        <dt>{t.device.format}</dt>
        <dd>{t.format[device.effective.format]}</dd>
      </div>
      <div>
        <dt>{t.desk.device.owner}</dt>
        <dd>{device.owner || '–'}</dd>
      </div>
      <div>
        <dt>{t.desk.device.power}</dt>
        <dd>{device.effective.power ? t.desk.power[device.effective.power] : '–'}</dd>
      </div>
      {device.battery ? (
        <div>
          <dt>{t.desk.device.battery}</dt>
          <dd>
            {f.value(device.battery.value)} {device.battery.unit}
          </dd>
        </div>
      ) : null}
      {device.framesLost ? (
        <div>
          <dt>{t.desk.device.framesLost}</dt>
          <dd>{f.number(device.framesLost.count)}</dd>
        </div>
      ) : null}
      {device.bridgeId ? (
        <div>
          <dt>{t.device.bridge}</dt>
          <dd>
            <PlaceLink to={deviceAt(device.bridgeId)}>{device.bridgeId}</PlaceLink>{' '}
            <span className="quiet">{t.desk.device.as(device.externalId ?? '–')}</span>
          </dd>
        </div>
      ) : null}
      {device.topicTree ? (
        <div className="facts-wide">
          <dt>{t.device.topicTree}</dt>
          <dd>
            <code>{device.topicTree}</code>
          </dd>
        </div>
      ) : null}
      {device.assetId ? (
        <div>
          <dt>{t.device.asset}</dt>
          <dd>
            <PlaceLink to={{ view: 'map', sel: { kind: 'asset', id: device.assetId }, part: '' }}>
              {device.assetId}
            </PlaceLink>
          </dd>
        </div>
      ) : null}
      <div>
        <dt>{t.desk.device.since}</dt>
        <dd>{f.date(device.createdAt)}</dd>
      </div>
    </dl>
  )
}

function Place({ device, town }: { device: Device; town: Town | undefined }) {
  const t = useText()
  const f = useFormat()
  const path = `/v1/devices/${encodeURIComponent(device.id)}/locations`
  const history = useResource<{ items: Location[] }>(path).data?.items ?? []
  const { lng, lat } = device
  return (
    <Part title={t.desk.device.place}>
      {lng === null || lat === null ? (
        <p className="quiet">{t.desk.device.noPlace}</p>
      ) : (
        <>
          <PlaceMap town={town} point={{ lng, lat }} label={t.desk.device.placeOf(device.name)} />
          <p className="figures">
            {f.number(lat, 5)}, {f.number(lng, 5)} ·{' '}
            <PlaceLink to={mapAt(lng, lat)}>{t.desk.device.onMap}</PlaceLink>
          </p>
        </>
      )}
      {history.length > 1 ? (
        <details>
          <summary>{t.desk.device.placesBefore(history.length - 1)}</summary>
          <ul className="plain-list">
            {history.slice(1).map((place) => (
              <li key={place.from} className="quiet figures">
                {f.dateTime(place.from)}: {f.number(place.lat, 5)}, {f.number(place.lng, 5)}
                {place.reason ? ` · ${place.reason}` : ''}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </Part>
  )
}
