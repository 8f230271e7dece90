const MAX_HEADER = 128

/**
 * A push of Sensor.Community says in its headers which sensor it is and on which pin: `{"sensor", "pin", "body"}` holds
 * all of it as one payload, with the bytes of the body as they came. A body that is no JSON is kept as text, so that it
 * cannot write fields of its own beside it.
 */
export function wrapSensorCommunity(
  body: Buffer,
  headers: { sensor: string | undefined; pin: string | undefined },
): Buffer {
  const head = JSON.stringify({
    sensor: headers.sensor?.slice(0, MAX_HEADER) ?? null,
    pin: headers.pin?.slice(0, MAX_HEADER) ?? null,
  })
  const inside = isJson(body) ? body : Buffer.from(JSON.stringify(body.toString('utf8')))
  return Buffer.concat([Buffer.from(`${head.slice(0, -1)},"body":`), inside, Buffer.from('}')])
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString('utf8'))
    return true
  } catch {
    return false
  }
}
