/** Break bytes in one of the ways in which the field breaks them; `random` gives 0..1. */
export function mutate(bytes: Uint8Array, random: () => number): Buffer {
  let out = Buffer.from(bytes)
  const times = 1 + Math.floor(random() * 3)
  for (let i = 0; i < times; i++) {
    const at = Math.floor(random() * Math.max(1, out.length))
    switch (Math.floor(random() * 8)) {
      case 0: // a flipped bit
        if (out.length > 0) out[at] = (out[at] ?? 0) ^ (1 << Math.floor(random() * 8))
        break
      case 1: // a byte of rubbish
        if (out.length > 0) out[at] = Math.floor(random() * 256)
        break
      case 2: // cut short
        out = out.subarray(0, at)
        break
      case 3: // something put in between
        out = Buffer.concat([out.subarray(0, at), rubbish(random), out.subarray(at)])
        break
      case 4: // a piece taken out
        out = Buffer.concat([out.subarray(0, at), out.subarray(at + 1 + Math.floor(random() * 8))])
        break
      case 5: // a piece twice
        out = Buffer.concat([out, out.subarray(at)])
        break
      case 6: // what breaks parsers
        out = Buffer.concat([out.subarray(0, at), NASTY[Math.floor(random() * NASTY.length)] ?? out])
        break
      default: // a length that lies
        if (out.length > 1) out[1] = Math.floor(random() * 256)
    }
  }
  return Buffer.from(out)
}

function rubbish(random: () => number): Buffer {
  return Buffer.from(Array.from({ length: 1 + Math.floor(random() * 16) }, () => Math.floor(random() * 256)))
}

const NASTY = [
  Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]),
  Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x01]),
  Buffer.from([0, 0, 0, 0]),
  Buffer.from('"\\ud800"'),
  Buffer.from('\u0000'),
  Buffer.from('1e999999'),
  Buffer.from('['.repeat(20_000)),
  Buffer.from('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
  Buffer.from('{"result":1,"result":2}'),
  Buffer.from('-0'),
]
