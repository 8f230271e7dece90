import { useEffect, useRef, useState } from 'react'
import type { Town } from '../../../model/api.ts'
import { useAction } from '../../client/action.ts'
import { fetchOrThrow } from '../../client/fetch.ts'
import { go, usePlace } from '../../client/location.ts'
import { invalidate } from '../../client/resource.ts'
import type { Credential, Device, DeviceType } from '../../client/types.ts'
import { useText } from '../../text/language.ts'
import { idOf } from '../new.ts'
import { readNumber } from '../read-number.ts'
import { EMPTY, intervalSeconds, type NewDevice } from './draft.ts'
import { StepWhat } from './step-what.tsx'
import { StepWhere } from './step-where.tsx'
import { WizardWait } from './wizard-wait.tsx'

/** When this page began with the device that it made, to say how long it took; null after a reload. */
type Made = { deviceId: string; credential: Credential | null; startedAt: number }

/**
 * A new device in three steps: what it is, where it is, and its first message. The third step has an address of its
 * own, so that one can come back to it; only the secret is then gone.
 */
export function Wizard({ town }: { town: Town | undefined }) {
  const t = useText()
  const place = usePlace()
  const [startedAt, setStartedAt] = useState(() => Date.now())
  const [draft, setDraft] = useState<NewDevice>(() => begin(place.deviceId))
  const [step, setStep] = useState<1 | 2>(1)
  const [made, setMade] = useState<Made | null>(null)
  /** a type that was made for a device that was then refused: it is there already when one tries again */
  const [madeType, setMadeType] = useState('')
  const waitFor = place.sel?.kind === 'device' ? place.sel.id : null
  const create = useAction(async () => {
    let typeId = draft.typeId || null
    if (!typeId && draft.typeName.trim() !== '') {
      typeId = idOf(draft.typeName)
      if (typeId !== madeType) {
        await fetchOrThrow<DeviceType>('/v1/device-types', {
          method: 'POST',
          body: {
            id: typeId,
            name: draft.typeName.trim(),
            kind: draft.kind,
            format: draft.format,
            expectedIntervalS: intervalSeconds(draft),
            power: draft.power || null,
          },
        })
        setMadeType(typeId)
      }
    }
    const bridge = draft.way === 'bridge'
    const answer = await fetchOrThrow<{ device: Device; credential: Credential | null }>('/v1/devices', {
      method: 'POST',
      body: {
        id: draft.id,
        name: draft.name.trim() || draft.id,
        kind: draft.kind,
        format: draft.format,
        typeId,
        owner: draft.owner,
        power: draft.power || null,
        assetId: draft.assetId || null,
        lng: readNumber(draft.lng),
        lat: readNumber(draft.lat),
        expectedIntervalS: intervalSeconds(draft),
        bridgeId: bridge ? draft.bridgeId : null,
        externalId: bridge ? draft.externalId : null,
      },
    })
    invalidate('/v1/devices', '/v1/device-types', '/v1/town')
    setMade({ deviceId: draft.id, credential: answer.credential, startedAt })
    go({ sel: { kind: 'device', id: draft.id }, part: draft.way === 'http' ? 'http' : '', deviceId: '' })
  })
  const again = () => {
    setDraft(EMPTY)
    setStep(1)
    setMade(null)
    setMadeType('')
    setStartedAt(Date.now())
    create.clear()
    go({ sel: null, part: '' })
  }
  const at = waitFor ? 3 : step
  const steps = useRef<HTMLOListElement>(null)
  const shown = useRef(at)
  useEffect(() => {
    if (shown.current === at) return
    shown.current = at
    // Another step begins at its top, for the eye and for who is read to.
    steps.current?.scrollIntoView({ block: 'end' })
    steps.current?.focus({ preventScroll: true })
  }, [at])
  return (
    <div className="wizard">
      <ol className="wizard-steps" ref={steps} tabIndex={-1}>
        {t.desk.wizard.steps.map((words, i) => (
          <li
            key={words}
            aria-current={at === i + 1 ? 'step' : undefined}
            className={at > i + 1 ? 'wizard-done' : ''}
          >
            <span className="wizard-number" aria-hidden="true">
              {i + 1}
            </span>
            <span className="wizard-words">{words}</span>
          </li>
        ))}
      </ol>
      {waitFor ? (
        <WizardWait
          key={waitFor}
          deviceId={waitFor}
          credential={made?.deviceId === waitFor ? made.credential : null}
          startedAt={made?.deviceId === waitFor ? made.startedAt : null}
          onAgain={again}
        />
      ) : step === 1 ? (
        <StepWhat draft={draft} onChange={setDraft} onNext={() => setStep(2)} />
      ) : (
        <StepWhere
          draft={draft}
          town={town}
          busy={create.busy}
          error={create.error}
          onChange={setDraft}
          onBack={() => setStep(1)}
          onNext={() => void create.run()}
        />
      )}
    </div>
  )
}

/** `{bridge}/{name}`: a device that a bridge spoke for and nobody registered yet. */
function begin(from: string): NewDevice {
  const slash = from.indexOf('/')
  if (slash < 0) return EMPTY
  const bridgeId = from.slice(0, slash)
  const externalId = from.slice(slash + 1)
  return {
    ...EMPTY,
    way: 'bridge',
    bridgeId,
    externalId,
    id: idOf(externalId),
    name: externalId,
    format: 'tts-v3',
  }
}
