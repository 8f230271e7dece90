import type { ReactNode } from 'react'
import { setLanguage, useLanguage, useText } from '../text/language.ts'
import { Wordmark } from './wordmark.tsx'

/** The page outside the door: logging in, accepting an invitation. */
export function Gate({ title, intro, children }: { title: string; intro: string; children: ReactNode }) {
  const t = useText()
  const language = useLanguage()
  return (
    <main className="gate">
      <div className="gate-card">
        <div className="gate-mark">
          <Wordmark />
          <button
            type="button"
            className="link-button"
            lang={language === 'nl' ? 'en' : 'nl'}
            onClick={() => setLanguage(language === 'nl' ? 'en' : 'nl')}
          >
            {t.app.switchTo}
          </button>
        </div>
        <h1>{title}</h1>
        <p className="gate-intro">{intro}</p>
        {children}
      </div>
    </main>
  )
}
