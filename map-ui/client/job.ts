import { useEffect, useState } from 'react'
import { fetchOrThrow } from './fetch.ts'
import type { Job } from './types.ts'

const LOOK_MS = 700

/** A job that ingest does for us, looked at until it is over. */
export function useJob(id: number | null): Job | null {
  const [job, setJob] = useState<Job | null>(null)
  useEffect(() => {
    setJob(null)
    if (id === null) return
    let timer: ReturnType<typeof setTimeout> | undefined
    let ended = false
    const look = async () => {
      try {
        const now = await fetchOrThrow<Job>(`/v1/jobs/${id}`)
        if (ended) return
        setJob(now)
        if (isOver(now)) return
      } catch {
        // The api is away for a moment: the job goes on without it.
      }
      if (!ended) timer = setTimeout(() => void look(), LOOK_MS)
    }
    void look()
    return () => {
      ended = true
      clearTimeout(timer)
    }
  }, [id])
  return job
}

export function isOver(job: Job | null): boolean {
  return job?.state === 'done' || job?.state === 'failed'
}
