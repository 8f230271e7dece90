import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { ImportError } from './report.ts'

/**
 * The file in which fresh secrets are handed over: `{id: secret}`, readable by its owner alone. What stands in it
 * already stays, unless a device got a new secret, so that a second import never loses what was not copied yet.
 *
 * Two steps, because a secret exists only here: `prepare` inside the transaction writes it aside and on disk, so that a
 * full disk or a wrong path stops the import; `publish` after the commit puts it in place whole.
 */
export type SecretsFile = {
  prepare(fresh: ReadonlyMap<string, string>): void
  publish(): void
  discard(): void
}

/** @throws ImportError when the file is there and is something else */
export function openSecretsFile(file: string): SecretsFile {
  const aside = `${file}.${process.pid}.new`
  const before = existing(file)
  return {
    prepare(fresh) {
      const content = { ...before, ...Object.fromEntries(fresh) }
      try {
        writeFileSync(aside, `${JSON.stringify(content, null, 2)}\n`, {
          mode: 0o600,
          flag: 'wx',
          flush: true,
        })
      } catch (error) {
        throw new ImportError(`the secrets cannot be written to ${file}: ${(error as Error).message}`, null, {
          cause: error,
        })
      }
    },
    publish: () => renameSync(aside, file),
    discard: () => rmSync(aside, { force: true }),
  }
}

function existing(file: string): Record<string, string> {
  if (!existsSync(file)) return {}
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    value = null
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ImportError(`${file} is there already and holds no secrets; name another file`)
  }
  return value as Record<string, string>
}
