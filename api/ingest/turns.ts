import { HttpProblem } from '../problem.ts'

/** Bodies in memory at once: in all, and of one sender, so that no device alone takes every place. */
const AT_ONCE = 512
const AT_ONCE_EACH = 64

export type Turns = {
  /** @throws HttpProblem 503 when there is no place */
  run<T>(senderId: string, work: () => Promise<T>): Promise<T>
}

export function createTurns(): Turns {
  let all = 0
  const bySender = new Map<string, number>()
  return {
    async run(senderId, work) {
      const own = bySender.get(senderId) ?? 0
      if (all >= AT_ONCE || own >= AT_ONCE_EACH) {
        throw new HttpProblem(503, 'busy', 'Too many messages are being taken at once; send it again.', {
          headers: { 'Retry-After': '1' },
        })
      }
      all++
      bySender.set(senderId, own + 1)
      try {
        return await work()
      } finally {
        all--
        const left = (bySender.get(senderId) ?? 1) - 1
        if (left > 0) bySender.set(senderId, left)
        else bySender.delete(senderId)
      }
    },
  }
}
