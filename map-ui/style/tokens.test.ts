import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const ROOT = path.join(import.meta.dirname, '..')
const sources = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.(css|tsx?)$/.test(file) && !file.startsWith('dist') && !file.endsWith('.test.ts'),
)

test('a colour is named in tokens.css and nowhere else, so that a house style reaches everything', () => {
  const wrong = sources
    .filter((file) => file !== path.join('style', 'tokens.css'))
    .flatMap((file) =>
      [
        ...readFileSync(path.join(ROOT, file), 'utf8').matchAll(/#[0-9a-f]{6}\b|#[0-9a-f]{3}\b|hsla?\(/gi),
      ].map((match) => `${file}: ${match[0]}`),
    )
  expect(wrong).toEqual([])
})

test('every role that is used exists', () => {
  const tokens = readFileSync(path.join(ROOT, 'style/tokens.css'), 'utf8')
  const used = new Set(
    sources.flatMap((file) =>
      [...readFileSync(path.join(ROOT, file), 'utf8').matchAll(/var\((--schouw-[a-z0-9-]+)/g)].map(
        (m) => m[1] ?? '',
      ),
    ),
  )
  expect([...used].filter((role) => !tokens.includes(`${role}:`))).toEqual([])
})
