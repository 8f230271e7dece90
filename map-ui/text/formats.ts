import type { Language } from './language.ts'

const LOCALE: Record<Language, string> = { nl: 'nl-NL', en: 'en-GB' }
/** A municipality lives in one time zone, whatever the laptop says. */
const timeZone = 'Europe/Amsterdam'

/** A time as the API writes it, within a sentence. */
const TIME_INSIDE = /\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z/g

/** A sentence with the times in it as people write them. */
export function withLocalTimes(sentence: string, f: Format): string {
  return sentence.replaceAll(TIME_INSIDE, (time) => f.dateTime(time))
}

export type Format = {
  number: (value: number, digits?: number) => string
  /** a measured value, as exact as a person reads it, without zeros behind it */
  value: (value: number) => string
  signed: (value: number, digits?: number) => string
  percent: (value: number) => string
  /** as a percentage that never claims certainty */
  confidence: (value: number) => string
  /** 24 nov 2026 11:40 */
  dateTime: (time: string | number) => string
  date: (time: string | number) => string
  time: (time: string | number) => string
  /** to the second, with the day only when it is another one: 11:40:03, or 23 nov, 11:40:03 */
  moment: (time: string | number, now?: number) => string
  /** 312 byte, 4,2 kB, 1,3 MB */
  size: (bytes: number) => string
  /** "3 uur geleden" */
  ago: (time: string | number, now?: number) => string
  /** "3 u", "12 d": for dense rows */
  age: (time: string | number, now?: number) => string
}

export function formatsOf(language: Language): Format {
  const locale = LOCALE[language]
  const dateTime = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'medium', timeStyle: 'short' })
  const date = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'medium' })
  const time = new Intl.DateTimeFormat(locale, { timeZone, timeStyle: 'medium' })
  const day = new Intl.DateTimeFormat(locale, { timeZone, day: 'numeric', month: 'short' })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })
  const units = language === 'nl' ? { m: 'min', h: 'u', d: 'd' } : { m: 'min', h: 'h', d: 'd' }
  const now_ = language === 'nl' ? 'nu' : 'now'
  const number = (value: number, digits = 0) =>
    new Intl.NumberFormat(locale, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(
      value,
    )
  const short = (value: number) => number(value, Number.isInteger(value) ? 0 : 1)
  return {
    number,
    value: (value) => {
      const size = Math.abs(value)
      const digits = size >= 100 ? 1 : size >= 1 ? 2 : 4
      return new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value)
    },
    signed: (value, digits = 1) => `${value < 0 ? '−' : '+'}${number(Math.abs(value), digits)}`,
    percent: (value) => percent.format(value),
    confidence: (value) =>
      value > 0.99 ? `> ${percent.format(0.99)}` : percent.format(Math.max(0.01, value)),
    dateTime: (t) => dateTime.format(new Date(t)),
    date: (t) => date.format(new Date(t)),
    time: (t) => time.format(new Date(t)),
    moment: (t, now = Date.now()) => {
      const at = new Date(t)
      const clock = time.format(at)
      return day.format(at) === day.format(new Date(now)) ? clock : `${day.format(at)}, ${clock}`
    },
    size: (bytes) => {
      if (bytes < 1_024) return `${number(bytes)} byte`
      if (bytes < 1_048_576) return `${short(bytes / 1_024)} kB`
      return `${short(bytes / 1_048_576)} MB`
    },
    ago: (t, now = Date.now()) => {
      const s = (new Date(t).getTime() - now) / 1000
      const size = Math.abs(s)
      if (size < 90) return relative.format(Math.round(s), 'second')
      if (size < 5_400) return relative.format(Math.round(s / 60), 'minute')
      if (size < 129_600) return relative.format(Math.round(s / 3600), 'hour')
      return relative.format(Math.round(s / 86_400), 'day')
    },
    age: (t, now = Date.now()) => {
      const s = (now - new Date(t).getTime()) / 1000
      if (s < 60) return now_
      if (s < 5_400) return `${Math.round(s / 60)} ${units.m}`
      if (s < 129_600) return `${Math.round(s / 3600)} ${units.h}`
      return `${Math.round(s / 86_400)} ${units.d}`
    },
  }
}
