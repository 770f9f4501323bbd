import { setImmediate as nextTurn } from 'node:timers/promises'

/** Texts that are made as they are read; null: nothing is to be said yet, and what comes next may take a while. */
export type Made = Iterable<string | null> | AsyncIterable<string | null>

/** So many texts are made before others have a turn. */
const many = 64

/** The texts, made so that a service that makes many goes on with what else it has to do, until nobody wants more. */
export async function* unhurried(texts: Made, isOver: () => boolean): AsyncGenerator<string> {
  let count = 0
  for await (const text of texts) {
    if (text === null || ++count % many === 0) await nextTurn()
    if (isOver()) return
    if (text !== null) yield text
  }
}
