import { type Browser, chromium } from 'playwright-core'

/** Debian's browser. playwright-core brings none of its own. */
export const CHROMIUM = '/usr/bin/chromium'

/** Start a real headless Chromium that makes no connection of its own. The caller closes it. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  })
}
