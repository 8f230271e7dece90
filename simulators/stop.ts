/** Lets loops end between two messages: they look at `stopped`, and sleep no longer than until then. */
export type Stop = {
  readonly stopped: boolean
  /** Resolves after `ms`, or at once when it is time to stop. */
  sleep(ms: number): Promise<void>
}

/** @returns a stop that `now()` ends, and `signalled`, which resolves then */
export function createStop(): Stop & { now(): void; readonly signalled: Promise<void> } {
  let stopped = false
  let end = () => {}
  const signalled = new Promise<void>((resolve) => {
    end = resolve
  })
  return {
    get stopped() {
      return stopped
    },
    signalled,
    now() {
      stopped = true
      end()
    },
    async sleep(ms) {
      let timer: NodeJS.Timeout | undefined
      await Promise.race([
        new Promise<void>((resolve) => {
          timer = setTimeout(resolve, Math.max(0, ms))
        }),
        signalled,
      ])
      clearTimeout(timer)
    },
  }
}
