import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { end, eventually, startTown, townEnv } from './support/town.ts'

test('a process that falls is started again; a folder has one supervisor and one kind of town', async () => {
  const town = await townEnv()
  // a number left by a supervisor of before a reboot, now somebody else's
  writeFileSync(path.join(town.dataDir, 'supervisor.pid'), '1')
  const supervisor = await startTown(town, ['--empty'])
  try {
    await expect(startTown(town, ['--empty'])).rejects.toThrow(/already runs/)
    await expect(startTown(town)).rejects.toThrow(/belongs to a real municipality/)
    const health = async () => {
      const answer = await fetch(`http://127.0.0.1:${town.httpPort}/v1/health`)
      return (await answer.json()) as { status: string }
    }
    await eventually('all is well', async () => (await health()).status === 'ok')
    const children = readFileSync(`/proc/${supervisor.pid}/task/${supervisor.pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .map(Number)
    expect(children.length).toBe(3)
    for (const pid of children) process.kill(pid, 'SIGKILL')
    await eventually('all is well again', async () => (await health()).status === 'ok', 30_000)
  } finally {
    await end(supervisor)
    town.remove()
  }
}, 90_000)
