import { connect, type Socket } from 'node:net'
import type { LoadResult, LoadTask } from './messages.ts'

/*
 * A load generator in its own process, on bare sockets: packets are prepared once and only their message id and time
 * are written anew, so that on a machine with two cores it leaves one to the broker.
 */

type Template = { packet: Buffer; idAt: number; timesAt: number[] }

function remainingLength(length: number): number[] {
  const bytes: number[] = []
  do {
    const rest = length >> 7
    bytes.push((length & 0x7f) | (rest > 0 ? 0x80 : 0))
    length = rest
  } while (length > 0)
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
}

function connectPacket(id: string, secret: string | null, keepaliveS = 60): Buffer {
  const flags = secret === null ? 0x02 : 0xc2
  const parts = [
    text('MQTT'),
    Buffer.from([4, flags, keepaliveS >> 8, keepaliveS & 0xff]),
    text(`load-${id}`),
  ]
  if (secret !== null) parts.push(text(id), text(secret))
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([0x10, ...remainingLength(body.length)]), body])
}

/** A PUBLISH of QoS 1 with `readings` readings of one datastream. */
function publishTemplate(deviceId: string, datastream: string, readings: number, day: string): Template {
  const time = `${day}T00:00:00.000Z`
  const one = `{"observedProperty":"temperature","result":21.4,"phenomenonTime":"${time}","datastream":"${datastream}"}`
  const payload = Buffer.from(readings === 1 ? one : `[${Array(readings).fill(one).join(',')}]`)
  const topic = text(`devices/${deviceId}/observations`)
  const body = Buffer.concat([topic, Buffer.alloc(2), payload])
  const header = Buffer.from([0x32, ...remainingLength(body.length)])
  const packet = Buffer.concat([header, body])
  const timesAt: number[] = []
  for (let at = packet.indexOf(time); at >= 0; at = packet.indexOf(time, at + 1)) timesAt.push(at)
  return { packet, idAt: header.length + topic.length, timesAt }
}

/** Write hour to millisecond of a day: digits in place, no date library in the hot loop. */
function writeTime(target: Buffer, at: number, ms: number): void {
  const digits = (offset: number, count: number, value: number) => {
    for (let i = count - 1; i >= 0; i--) {
      target[at + offset + i] = 48 + (value % 10)
      value = Math.floor(value / 10)
    }
  }
  digits(20, 3, ms % 1000)
  const seconds = Math.floor(ms / 1000)
  digits(17, 2, seconds % 60)
  digits(14, 2, Math.floor(seconds / 60) % 60)
  digits(11, 2, Math.floor(seconds / 3600) % 24)
}

/** Latencies in buckets 2 % apart: constant memory, exact enough for a percentile. */
function createHistogram() {
  const STEP = Math.log(1.02)
  const counts = new Uint32Array(2000)
  let total = 0
  return {
    add(ms: number) {
      const bucket = Math.max(0, Math.min(1999, Math.round(Math.log(Math.max(ms, 0.001) / 0.001) / STEP)))
      counts[bucket] = (counts[bucket] ?? 0) + 1
      total++
    },
    percentile(share: number) {
      let left = total * share
      for (let i = 0; i < counts.length; i++) {
        left -= counts[i] ?? 0
        if (left <= 0) return 0.001 * Math.exp(i * STEP)
      }
      return Number.NaN
    },
  }
}

function logIn(
  port: number,
  user: { id: string; secret: string | null },
  keepaliveS?: number,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.once('error', reject)
    socket.once('connect', () => socket.write(connectPacket(user.id, user.secret, keepaliveS)))
    socket.once('data', (answer: Buffer) => {
      socket.removeListener('error', reject)
      if (answer[0] === 0x20 && answer[3] === 0) resolve(socket)
      else reject(new Error(`login of ${user.id} refused with code ${answer[3]}`))
    })
  })
}

async function publish(task: Extract<LoadTask, { kind: 'publish' }>): Promise<LoadResult> {
  const { users, inflight, readingsPerMessage } = task
  const perClient = Math.max(1, Math.round(task.datastreams / users.length))
  const histogram = createHistogram()
  let measuring = false
  let stopped = false
  let messages = 0
  let total = 0
  let disordered = 0
  let sentInAll = 0
  let reject: (error: Error) => void = () => {}
  const failed = new Promise<never>((_, fail) => {
    reject = fail
  })
  failed.catch(() => {})
  const begin = performance.now()
  const allowed = () =>
    task.rate === null ? Number.POSITIVE_INFINITY : ((performance.now() - begin) / 1000) * task.rate

  const pumps: (() => void)[] = []
  let turnOf = 0
  const sockets: Socket[] = []
  for (let from = 0; from < users.length; from += 50) {
    sockets.push(...(await Promise.all(users.slice(from, from + 50).map((user) => logIn(task.port, user)))))
  }
  for (const [i, socket] of sockets.entries()) {
    const user = users[i] as { id: string }
    // Templates are large with many readings: a thousand of each client are enough to visit every datastream.
    const templates = Array.from({ length: perClient }, (_, d) =>
      publishTemplate(user.id, `s${String(d).padStart(6, '0')}`, readingsPerMessage, task.day),
    )
    const sentAt = new Float64Array(65_536)
    let nextId = 1
    let expected = 1
    let open = 0
    let turn = 0
    let clock = 0
    let partial: Buffer = Buffer.alloc(0)
    const largest = Math.max(...templates.map((t) => t.packet.length))

    const pump = () => {
      if (stopped) return
      const count = Math.min(inflight - open, Math.floor(allowed() - sentInAll))
      if (count <= 0) return
      const out = Buffer.allocUnsafe(count * largest)
      let at = 0
      const now = performance.now()
      for (let n = 0; n < count; n++) {
        const template = templates[turn] as Template
        if (++turn === templates.length) {
          turn = 0
          clock += readingsPerMessage
        }
        template.packet.copy(out, at)
        out[at + template.idAt] = nextId >> 8
        out[at + template.idAt + 1] = nextId & 0xff
        for (const [k, timeAt] of template.timesAt.entries()) writeTime(out, at + timeAt, (clock + k) * 100)
        at += template.packet.length
        sentAt[nextId] = now
        nextId = nextId === 65_535 ? 1 : nextId + 1
      }
      open += count
      sentInAll += count
      socket.write(out.subarray(0, at))
    }
    socket.on('data', (data: Buffer) => {
      const bytes = partial.length > 0 ? Buffer.concat([partial, data]) : data
      const whole = bytes.length - (bytes.length % 4)
      const now = performance.now()
      for (let at = 0; at < whole; at += 4) {
        const id = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)
        if (bytes[at] !== 0x40 || id !== expected) disordered++
        expected = id === 65_535 ? 1 : id + 1
        open--
        total++
        if (measuring) {
          messages++
          histogram.add(now - (sentAt[id] as number))
        }
      }
      partial = bytes.subarray(whole)
      pump()
    })
    socket.on('error', reject)
    socket.on('close', () => {
      if (!stopped) reject(new Error(`connection of ${user.id} was closed by the broker`))
    })
    pumps.push(pump)
  }
  const pace =
    task.rate === null
      ? undefined
      : setInterval(() => {
          // Begins at another each time: at a low rate the first would take it all.
          const from = turnOf++ % pumps.length
          for (let i = 0; i < pumps.length; i++) pumps[(from + i) % pumps.length]?.()
        }, 2)
  for (const pump of pumps) pump()
  const sleep = (ms: number) => Promise.race([new Promise((resolve) => setTimeout(resolve, ms)), failed])
  await sleep(task.warmUpMs)
  measuring = true
  const started = performance.now()
  await sleep(task.measureMs)
  measuring = false
  const seconds = (performance.now() - started) / 1000
  stopped = true
  clearInterval(pace)
  // Let what is under way be acknowledged, so that `total` is what the broker has promised to keep.
  for (let settled = -1; settled !== total; await new Promise((resolve) => setTimeout(resolve, 100)))
    settled = total
  for (const socket of sockets) socket.destroy()
  return {
    messages,
    seconds,
    p50: histogram.percentile(0.5),
    p99: histogram.percentile(0.99),
    total,
    disordered,
  }
}

async function logins(task: Extract<LoadTask, { kind: 'login' }>): Promise<LoadResult> {
  const histogram = createHistogram()
  const sockets: Socket[] = []
  const waiting = [...task.users]
  const started = performance.now()
  await Promise.all(
    Array.from({ length: task.concurrency }, async () => {
      for (let user = waiting.pop(); user; user = waiting.pop()) {
        const from = performance.now()
        sockets.push(await logIn(task.port, user))
        histogram.add(performance.now() - from)
      }
    }),
  )
  const seconds = (performance.now() - started) / 1000
  for (const socket of sockets) socket.destroy()
  const messages = sockets.length
  return {
    messages,
    seconds,
    p50: histogram.percentile(0.5),
    p99: histogram.percentile(0.99),
    total: messages,
    disordered: 0,
  }
}

/** Of idle connections: how many are there after a while, and how long each took to answer then. */
async function hold(task: Extract<LoadTask, { kind: 'hold' }>): Promise<LoadResult> {
  const histogram = createHistogram()
  const sockets: Socket[] = []
  const waiting = [...task.users]
  const started = performance.now()
  await Promise.all(
    Array.from({ length: task.concurrency }, async () => {
      for (let user = waiting.pop(); user; user = waiting.pop())
        sockets.push(await logIn(task.port, user, 600))
    }),
  )
  const seconds = (performance.now() - started) / 1000
  for (const socket of sockets) socket.on('error', () => {})
  process.send?.({ held: sockets.length })
  await new Promise((resolve) => setTimeout(resolve, task.holdMs))
  const answers = sockets.map(
    (socket) =>
      new Promise<boolean>((resolve) => {
        const from = performance.now()
        const timer = setTimeout(() => resolve(false), 30_000)
        const end = (alive: boolean) => {
          clearTimeout(timer)
          if (alive) histogram.add(performance.now() - from)
          resolve(alive)
        }
        socket.once('data', (data: Buffer) => end(data[0] === 0xd0))
        socket.once('close', () => end(false))
        socket.write(Buffer.from([0xc0, 0]))
      }),
  )
  const alive = (await Promise.all(answers)).filter(Boolean).length
  for (const socket of sockets) socket.destroy()
  const [p50, p99] = [histogram.percentile(0.5), histogram.percentile(0.99)]
  return { messages: alive, seconds, p50, p99, total: alive, disordered: 0 }
}

process.on('message', (task: LoadTask) => {
  const work = task.kind === 'publish' ? publish(task) : task.kind === 'hold' ? hold(task) : logins(task)
  work.then(
    (result) => process.send?.({ result }),
    (error: Error) => process.send?.({ error: error.message }),
  )
})
process.on('disconnect', () => process.exit(0))
