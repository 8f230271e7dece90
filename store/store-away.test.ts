import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { isStoreAway } from './store-away.ts'

test('a lock is a store that is away, however deep it stands; a broken statement is a bug', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'away-'))
  const one = new DatabaseSync(path.join(folder, 'a.sqlite'))
  const other = new DatabaseSync(path.join(folder, 'a.sqlite'), { timeout: 10 })
  one.exec('begin exclusive')
  const errorOf = (text: string) => {
    try {
      other.exec(text)
    } catch (error) {
      return error
    }
    throw new Error('it worked')
  }
  expect(isStoreAway(new Error('batch', { cause: errorOf('begin immediate') }))).toBe(true)
  one.exec('rollback')
  expect(isStoreAway(errorOf('select nonsense'))).toBe(false)
  expect(isStoreAway('text')).toBe(false)
  one.close()
  other.close()
  rmSync(folder, { recursive: true })
})
