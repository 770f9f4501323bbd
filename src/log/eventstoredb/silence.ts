/** That no answer came in time. What was asked may have been done all the same. */
export class Silence extends Error {
  constructor() {
    super('The server did not answer in time.')
    this.name = 'Silence'
  }
}

/**
 * A time that runs out, once. Unlike a signal of a timeout it ends with what it is for, and leaves nothing behind: there is
 * one for every append.
 */
export type Limit = {
  isOver: boolean
  /** What is to be done when it runs out, at most one thing. */
  whenOver: (() => void) | undefined
  /** Has it run out now. */
  end: () => void
  /** It never runs out any more. */
  clear: () => void
}

export const createLimit = (milliseconds: number): Limit => {
  const limit: Limit = {
    isOver: false,
    whenOver: undefined,
    end: () => {
      limit.clear()
      if (limit.isOver) return
      limit.isOver = true
      limit.whenOver?.()
    },
    clear: () => clearTimeout(timer),
  }
  const timer = setTimeout(limit.end, milliseconds).unref()
  return limit
}

/**
 * What work gives, or `Silence` when the limit ends first; then `stop` is called too. The client's own deadlines do not
 * reach every call.
 */
export const within = <T>(limit: Limit, work: Promise<T>, stop?: () => void): Promise<T> =>
  new Promise((resolve, reject) => {
    const giveUp = () => {
      reject(new Silence())
      stop?.()
    }
    if (limit.isOver) giveUp()
    else limit.whenOver = giveUp
    work.then(resolve, reject)
  })
