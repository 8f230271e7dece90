import { useEffect, useState } from 'react'
import type { ApiError } from './fetch.ts'
import { query } from './fetch.ts'
import { useSteadyResource } from './resource.ts'
import type { Page } from './types.ts'

type Pages<T> = {
  items: T[]
  total: number
  loading: boolean
  error: ApiError | undefined
  /** undefined when all is there */
  more: (() => void) | undefined
}

const STEP = 50
const MOST = 500

/** A list that grows on demand, kept fresh as one request: changes in it are seen at once. */
export function usePages<T>(path: string, filter: Record<string, string>, step = STEP): Pages<T> {
  const [limit, setLimit] = useState(step)
  const key = path + query(filter)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter begins with its first page
  useEffect(() => setLimit(step), [key])
  const page = useSteadyResource<Page<T>>(`${path}${query({ ...filter, limit: Math.min(limit, MOST) })}`)
  const items = page.data?.items ?? []
  const total = page.data?.total ?? 0
  return {
    items,
    total,
    loading: page.loading && page.data === undefined,
    error: page.data === undefined ? page.error : undefined,
    more: items.length < total && limit < MOST ? () => setLimit(limit + step * 2) : undefined,
  }
}
