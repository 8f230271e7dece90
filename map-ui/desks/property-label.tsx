import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import { type Language, useLanguage } from '../text/language.ts'

/** A datastream in words: what it measures, and which one when a device has several. */
export function PropertyLabel({ property, name }: { property: string; name?: string | undefined }) {
  const language = useLanguage()
  const label = labelOf(property, language)
  const which = name?.startsWith(`${property}/`) ? name.slice(property.length + 1) : ''
  return <>{which ? `${label} (${which})` : label}</>
}

export function labelOf(property: string, language: Language): string {
  return OBSERVED_PROPERTIES.get(property)?.label[language] ?? property
}
