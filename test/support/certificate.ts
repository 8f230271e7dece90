import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

export type TestCertificate = { certPath: string; keyPath: string; cert: string; key: string }

/**
 * A certificate that signs itself, made by openssl; undefined when that is not installed.
 *
 * @param options days: how long it is valid; ca: may sign others
 */
export function makeCertificate(
  name: string,
  options: { days?: number; ca?: boolean } = {},
): TestCertificate | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), 'certificate-'))
  const certPath = path.join(folder, 'cert.pem')
  const keyPath = path.join(folder, 'key.pem')
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  args.push('-days', String(options.days ?? 1), '-subj', `/CN=${name}`, '-keyout', keyPath, '-out', certPath)
  args.push('-addext', `basicConstraints=critical,CA:${options.ca ? 'TRUE' : 'FALSE'}`)
  try {
    execFileSync('openssl', args, { stdio: 'pipe' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  return { certPath, keyPath, cert: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8') }
}
