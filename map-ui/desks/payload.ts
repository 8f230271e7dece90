/** A payload to read: JSON on several lines, anything else as it is, bytes as hex in groups. */
export function prettyPayload(payload: string, encoding: 'utf8' | 'hex' | null): string {
  if (encoding === 'hex') return payload.replaceAll(/(..)/g, '$1 ').replaceAll(/((?:.. ){16})/g, '$1\n')
  try {
    return JSON.stringify(JSON.parse(payload), null, 2)
  } catch {
    return payload
  }
}
