import type { ChildProcess } from 'node:child_process'
import { end, startProcess, townEnv } from '../support/town.ts'
import { type Account, seeded, startLedger } from './ledger.ts'

const VICTIMS = ['broker', 'ingest', 'api'] as const
type Victim = (typeof VICTIMS)[number]

/**
 * Broker, ingest and api are killed with `kill -9`, one or several at random moments under load. Afterwards every
 * acknowledged reading is in the store exactly once, with its own value.
 */
export async function soakKill(options: {
  rounds: number
  seed?: number
}): Promise<Account & { kills: number }> {
  const town = await townEnv()
  const running = new Map<Victim, ChildProcess>()
  try {
    for (const name of VICTIMS) running.set(name, await startProcess(name, town))
    const ledger = await startLedger(town, { devices: 6, inFlight: 20, pauseMs: 5 })
    const random = seeded(options.seed ?? 20261124)
    let kills = 0
    try {
      for (let round = 0; round < options.rounds; round++) {
        await new Promise((resolve) => setTimeout(resolve, 150 + random() * 900))
        const victims = VICTIMS.filter(() => random() < 0.5)
        if (victims.length === 0) victims.push(VICTIMS[round % VICTIMS.length] ?? 'broker')
        for (const name of victims) {
          const child = running.get(name)
          if (child) await end(child, 'SIGKILL')
          kills++
        }
        await Promise.all(victims.map(async (name) => running.set(name, await startProcess(name, town))))
      }
      await ledger.stop()
      return { ...(await ledger.account()), kills }
    } finally {
      ledger.close()
    }
  } finally {
    await Promise.all([...running.values()].map((child) => end(child, 'SIGKILL')))
    town.remove()
  }
}
