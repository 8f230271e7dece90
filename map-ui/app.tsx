import { useEffect, useState } from 'react'
import { openLive } from './client/events.ts'
import { ApiError, fetchOrThrow, whenLoggedOut } from './client/fetch.ts'
import { forgetAll } from './client/resource.ts'
import type { Me } from './client/types.ts'
import { Failed, Loading } from './parts/states.tsx'
import { Invitation } from './shell/invitation.tsx'
import { Login } from './shell/login.tsx'
import { Shell } from './shell/shell.tsx'

/** Who is looking: not known yet, nobody, or a person. */
type Session =
  | { state: 'asking' }
  | { state: 'failed'; error: ApiError }
  | { state: 'out' }
  | { state: 'in'; me: Me }

export function App() {
  const [session, setSession] = useState<Session>({ state: 'asking' })
  const invitation = /^\/(?:invitations?|uitnodiging)\/([^/]+)$/.exec(window.location.pathname)?.[1]

  useEffect(() => {
    whenLoggedOut(() => setSession({ state: 'out' }))
    fetchOrThrow<Me>('/v1/sessions/current').then(
      (me) => setSession({ state: 'in', me }),
      (error: unknown) =>
        setSession(
          error instanceof ApiError && error.status !== 401 ? { state: 'failed', error } : { state: 'out' },
        ),
    )
  }, [])

  const loggedIn = session.state === 'in'
  useEffect(() => (loggedIn ? openLive() : undefined), [loggedIn])

  const logout = () => {
    const done = () => {
      forgetAll()
      setSession({ state: 'out' })
    }
    fetchOrThrow('/v1/sessions/current', { method: 'DELETE' }).then(done, done)
  }

  if (invitation) return <Invitation token={invitation} />
  if (session.state === 'asking') return <Loading />
  if (session.state === 'failed') {
    return (
      <main className="gate">
        <Failed error={session.error} />
      </main>
    )
  }
  if (session.state === 'out') {
    return (
      <Login
        onLogin={(me) => {
          forgetAll()
          setSession({ state: 'in', me })
        }}
      />
    )
  }
  return <Shell me={session.me} onLogout={logout} />
}
