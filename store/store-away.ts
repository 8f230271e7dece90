/** SQLite result codes (sqlite.org/rescode.html) that say nothing of the data: somebody else holds it, or the disk does. */
const AWAY = new Set([5 /* busy */, 6 /* locked */, 10 /* i/o error */, 13 /* full */, 14 /* cannot open */])

/** Is this error, or one that caused it, a store that takes nothing for now? Then trying again later is right. */
export function isStoreAway(error: unknown): boolean {
  for (let e = error, depth = 0; e instanceof Error && depth < 10; e = e.cause, depth++) {
    const { errcode } = e as { errcode?: unknown }
    // Extended codes carry the primary one in their low byte.
    if (typeof errcode === 'number' && AWAY.has(errcode & 0xff)) return true
  }
  return false
}
