import { useSyncExternalStore } from 'react'
import { en } from './en.ts'
import { type Dictionary, nl } from './nl.ts'

export const LANGUAGES = ['nl', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

const KEY = 'schouw.language'
const dictionaries: Record<Language, Dictionary> = { nl, en }
const listeners = new Set<() => void>()
let current: Language = kept()
document.documentElement.lang = current

function kept(): Language {
  try {
    return localStorage.getItem(KEY) === 'en' ? 'en' : 'nl'
  } catch {
    return 'nl' // storage is closed to us in some private windows
  }
}

export function setLanguage(language: Language): void {
  current = language
  document.documentElement.lang = language
  try {
    localStorage.setItem(KEY, language)
  } catch {
    // the choice then lasts as long as the page
  }
  for (const listener of listeners) listener()
}

export function language(): Language {
  return current
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, language)
}

/** Every word on screen, in the chosen language. */
export function useText(): Dictionary {
  return dictionaries[useLanguage()]
}
