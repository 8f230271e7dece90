import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const HERE = import.meta.dirname
const ROOT = path.join(HERE, '..')
const DIST = path.join(HERE, 'dist')
const HASH_FILE = path.join(DIST, 'sources.sha256')

/** Where the built web application stands, and whether this call had to build it. */
export type UiBuild = { dist: string; built: boolean }

/**
 * Build the web application into `map-ui/dist` when its sources, the vocabulary or the lock file changed since the
 * last build. The hash of all of them stands in `dist`.
 *
 * @throws Error with the bundler's message as cause
 */
export async function buildUi(): Promise<UiBuild> {
  const hash = hashOfSources()
  const present = existsSync(path.join(DIST, 'index.html')) && existsSync(HASH_FILE)
  if (present && readFileSync(HASH_FILE, 'utf8') === hash) return { dist: DIST, built: false }
  // Imported here: a start that has nothing to build does not pay for loading the bundler.
  const { build } = await import('vite')
  try {
    await build({ configFile: path.join(HERE, 'vite.config.ts'), logLevel: 'warn' })
  } catch (cause) {
    throw new Error('The web application could not be built', { cause })
  }
  writeFileSync(HASH_FILE, hash)
  return { dist: DIST, built: true }
}

function hashOfSources(): string {
  const hash = createHash('sha256')
  const files = [
    ...sourcesUnder(HERE),
    ...sourcesUnder(path.join(ROOT, 'model')),
    path.join(ROOT, 'package-lock.json'),
  ]
  for (const file of files) {
    hash.update(`${path.relative(ROOT, file)}\0`)
    hash.update(readFileSync(file))
  }
  return hash.digest('hex')
}

function sourcesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(DIST + path.sep) && !file.endsWith('.test.ts'))
    .sort()
}
