import { useMemo } from 'react'
import { type Format, formatsOf } from './formats.ts'
import { useLanguage } from './language.ts'

export function useFormat(): Format {
  const language = useLanguage()
  return useMemo(() => formatsOf(language), [language])
}
