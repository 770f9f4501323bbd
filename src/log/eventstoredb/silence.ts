/** That no answer came in time. What was asked may have been done all the same. */
export class Silence extends Error {
  constructor() {
    super('The server did not answer in time.')
    this.name = 'Silence'
  }
}

/** What work gives, or `Silence` when the signal aborts first. The client's own deadlines do not reach every call. */
export const within = async <T>(signal: AbortSignal, work: Promise<T>): Promise<T> => {
  const late = Promise.withResolvers<never>()
  const giveUp = () => late.reject(new Silence())
  if (signal.aborted) giveUp()
  else signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await Promise.race([work, late.promise])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
