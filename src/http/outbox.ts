/** A piece of a stream, and the position that whoever has read it has come to. */
export type Piece = { bytes: Uint8Array; position: number }

/** What may wait for a reader at most. */
export type OutboxLimits = { bytes: number; pieces: number }

/** What waits until one reader takes it. */
export type Outbox = {
  /** Adds a piece. One too many instead of what waits leaves only the last word, and ends it. */
  put(piece: Piece): void
  /** All that waits, joined, once there is something; null: it has ended, and everything was taken. */
  take(): Promise<Uint8Array | null>
  /** Nothing more comes; what waits can still be taken. */
  end(): void
  /** Whether nothing waits. */
  isEmpty(): boolean
  hasEnded(): boolean
}

/** An outbox for a reader who has come to a position. `lastWord`: what one is told who reads too slowly. */
export const createOutbox = (
  limits: OutboxLimits,
  start: number,
  lastWord: (position: number) => Piece,
): Outbox => {
  let waiting: Piece[] = []
  let bytes = 0
  let taken = start
  let ended = false
  let wake = (): void => undefined

  const end = () => {
    ended = true
    wake()
  }

  return {
    put: (piece) => {
      if (ended) return
      const isTooMuch = waiting.length >= limits.pieces || bytes + piece.bytes.byteLength > limits.bytes
      // One alone is never too much: it has to be sent at some time.
      if (waiting.length > 0 && isTooMuch) {
        waiting = [lastWord(taken)]
        end()
        return
      }
      waiting.push(piece)
      bytes += piece.bytes.byteLength
      wake()
    },
    take: async () => {
      if (waiting.length === 0 && !ended) await new Promise<void>((resolve) => (wake = resolve))
      if (waiting.length === 0) return null
      const pieces = waiting
      waiting = []
      bytes = 0
      taken = pieces.at(-1)!.position
      return Buffer.concat(pieces.map((piece) => piece.bytes))
    },
    end,
    isEmpty: () => waiting.length === 0,
    hasEnded: () => ended,
  }
}
