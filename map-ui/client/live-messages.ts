import type { LiveMessages } from '../../model/desk.ts'
import type { LiveFilter } from '../../model/live.ts'

type Handlers = {
  messages(digest: LiveMessages): void
  connected(connected: boolean): void
}

/** A browser gives up on a stream that was answered with an error; this long after, it is opened anew. */
const REOPEN_MS = 4_000

/** Look at what comes in, through a filter. The answer ends it. */
export function lookLive(filter: LiveFilter, handlers: Handlers): () => void {
  let source: EventSource | undefined
  let reopen: ReturnType<typeof setTimeout> | undefined
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(filter)) if (value) query.set(key, value)
  const open = () => {
    const stream = new EventSource(`/v1/events/messages?${query}`)
    source = stream
    stream.addEventListener('open', () => handlers.connected(true))
    stream.addEventListener('error', () => {
      handlers.connected(false)
      if (stream.readyState !== EventSource.CLOSED) return
      stream.close()
      reopen = setTimeout(open, REOPEN_MS)
    })
    stream.addEventListener('messages', (event: MessageEvent<string>) => {
      handlers.messages(JSON.parse(event.data) as LiveMessages)
    })
  }
  open()
  return () => {
    source?.close()
    clearTimeout(reopen)
  }
}
