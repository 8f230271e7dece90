import type { CaseEvent } from '../client/types.ts'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'
import type { Dictionary } from '../text/nl.ts'
import { Part } from './detail-frame.tsx'

/** Who did what, when; the newest on top. */
export function CaseHistory({ events }: { events: readonly CaseEvent[] }) {
  const t = useText()
  const f = useFormat()
  return (
    <Part title={t.case.history}>
      <ol className="history">
        {[...events].reverse().map((event) => (
          <li key={event.id}>
            <p>
              <b>{event.actor.name}</b> {wordsOf(event, t)}
            </p>
            {event.text && event.kind !== 'assigned' ? (
              <p className="history-text">{readable(event, t)}</p>
            ) : null}
            <time className="quiet figures" dateTime={event.at}>
              {f.dateTime(event.at)}
            </time>
          </li>
        ))}
      </ol>
    </Part>
  )
}

/** A transition's text begins with the code of its reason, when it has one: `repaired: new asphalt`. */
function readable(event: CaseEvent, t: Dictionary): string {
  if (event.kind !== 'transition') return event.text
  const [code = '', ...rest] = event.text.split(': ')
  const reason = (t.closeReason as Record<string, string>)[code]
  return reason ? [reason, ...rest].join(': ') : event.text
}

function wordsOf(event: CaseEvent, t: Dictionary): string {
  const states = t.caseState as Record<string, string>
  const priorities = t.priority as Record<string, string>
  const words = t.case.event
  switch (event.kind) {
    case 'created':
      return words.created
    case 'transition':
      return words.transition(
        states[event.from ?? ''] ?? event.from ?? '–',
        states[event.to ?? ''] ?? event.to ?? '–',
      )
    case 'assigned':
      // The text of an assignment is the team.
      return event.to
        ? words.assigned(event.text ? `${event.to} (${event.text})` : event.to)
        : words.unassigned
    case 'priority':
      return words.priority(priorities[event.to ?? ''] ?? event.to ?? '')
    case 'note':
      return words.note
  }
}
