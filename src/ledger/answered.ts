import { isLedgerError, LedgerError } from '../errors.ts'
import type { Model } from '../readmodel/model.ts'

/** How long the answers may take to have what was recorded, in milliseconds. */
const patience = 10_000

const place = (model: Model): string =>
  model.fault() === null
    ? `are at position ${model.position()} still`
    : `stopped at position ${model.position()}`

/** Throws `unavailable` where the answers no longer follow the log. `so`: what cannot be for that. */
export const requireFollowing = (model: Model, so = 'Nothing more can be told.'): void => {
  const fault = model.fault()
  if (fault === null) return
  // It says what to do.
  const why = isLedgerError(fault) && fault.code === 'unavailable' ? `: ${fault.message}` : '.'
  throw new LedgerError('unavailable', `The answers ${place(model)}${why} ${so}`, {}, fault)
}

/** The same for whoever decides by them, and must not go on. */
export const requireAnswers = (model: Model): void =>
  requireFollowing(model, 'What is to be recorded cannot be decided. Nothing was recorded.')

/** Waits until the answers have what was recorded at a position. Throws `unavailable` where they stop short of it. */
export const answered = async (model: Model, position: number): Promise<void> => {
  if (position <= model.position()) return
  await model.reached(position, patience).catch((error: unknown) => {
    throw new LedgerError(
      'unavailable',
      `It was recorded at position ${position}, but the answers ${place(model)}. To send it again with its ` +
        'Idempotency-Key gives the receipt as soon as they have it.',
      {},
      error,
    )
  })
}
