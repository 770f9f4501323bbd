import canonicalize from 'canonicalize'
import { LedgerError } from '../errors.ts'
import type { Event, Moment, NewEvent } from '../vocabulary/envelope.ts'
import { pointerTo } from './faults.ts'

/** A moment as a body writes it: what it resolved to depends on when it was recorded. */
const written = ({ text, zone }: Moment) => ({ when: text ?? undefined, zone: zone ?? undefined })

/** What of an event its writer said: the command and the body, written as a body is. */
const saidIn = (event: NewEvent | Event): Record<string, unknown> => {
  const { type, when, reality, crisis, source, places, refs, note, acceptAnomaly } = event
  const own = event.data as { when?: Moment }
  const data = !event.when && own.when ? { ...own, ...written(own.when) } : own
  const said = {
    type,
    ...(when && written(when)),
    source,
    places,
    reality,
    crisis,
    refs,
    note,
    acceptAnomaly,
    data,
  }
  return JSON.parse(JSON.stringify(said)) as Record<string, unknown>
}

type Difference = { pointer: string; was: unknown; is: unknown }

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object'

const firstDifference = (was: unknown, is: unknown, path: readonly string[]): Difference | null => {
  if (isObject(was) && isObject(is) && Array.isArray(was) === Array.isArray(is)) {
    for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
      const difference = firstDifference(was[name], is[name], [...path, name])
      if (difference) return difference
    }
    return null
  }
  if (canonicalize(was ?? null) === canonicalize(is ?? null)) return null
  return { pointer: pointerTo(path), was: was ?? null, is: is ?? null }
}

/** The first difference between what a recorded event says and what a new one would; null: they say the same. */
export const differenceOf = (recorded: Event, draft: NewEvent): Difference | null =>
  firstDifference(saidIn(recorded), saidIn(draft), [])

/** Throws `idempotency_mismatch` when a key is used again for something else. */
export const requireSame = (recorded: Event, draft: NewEvent): void => {
  const difference = differenceOf(recorded, draft)
  if (!difference) return
  throw new LedgerError(
    'idempotency_mismatch',
    `The key "${recorded.key}" already names event ${recorded.id}, which differs at ${difference.pointer}. ` +
      'Send the same body again, or another key.',
    { eventId: recorded.id, difference },
  )
}
