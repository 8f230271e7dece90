/** MQTT 3.1.1 control packets as bytes, so that they can be broken where no library would break them. */

export function connectPacket(options: { clientId: string; username: string; password: string }): Buffer {
  // User name, password and clean session; keep-alive 60 s (clause 3.1.2).
  const head = Buffer.concat([text('MQTT'), Buffer.from([4, 0b1100_0010, 0, 60])])
  return packet(
    0x10,
    Buffer.concat([head, text(options.clientId), text(options.username), text(options.password)]),
  )
}

export function publishPacket(topic: string, payload: Uint8Array, qos: 0 | 1 | 2, id: number): Buffer {
  const parts = [text(topic), ...(qos > 0 ? [Buffer.from([id >> 8, id & 0xff])] : []), payload]
  return packet(0x30 | (qos << 1), Buffer.concat(parts))
}

export function subscribePacket(filter: string, id: number): Buffer {
  return packet(0x82, Buffer.concat([Buffer.from([id >> 8, id & 0xff]), text(filter), Buffer.from([1])]))
}

export const PING = Buffer.from([0xc0, 0])

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
}

function packet(first: number, body: Buffer): Buffer {
  const length: number[] = []
  let left = body.length
  do {
    const digit = left % 128
    left = Math.floor(left / 128)
    length.push(left > 0 ? digit | 0x80 : digit)
  } while (left > 0)
  return Buffer.concat([Buffer.from([first, ...length]), body])
}
