/**
 * What is answered to each item, in their order. So many are asked about before the first is answered: the next items are
 * taken meanwhile. What breaks off the items is thrown once those before are answered.
 */
export async function* inFlight<Item, Answer>(
  items: AsyncIterable<Item>,
  ask: (item: Item) => Promise<Answer>,
  most: number,
): AsyncGenerator<Answer> {
  const asked: Promise<Answer>[] = []
  let isDone = false
  let changed = Promise.withResolvers<void>()
  const isFull = () => asked.length >= most && !isDone
  const goesOn = () => asked.length > 0 || !isDone
  const change = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }

  const askAll = async () => {
    try {
      for await (const item of items) {
        if (isDone) return
        const answer = ask(item)
        // It is waited for later.
        answer.catch(() => undefined)
        asked.push(answer)
        change()
        while (isFull()) await changed.promise
      }
    } finally {
      isDone = true
      change()
    }
  }
  const asking = askAll()
  asking.catch(() => undefined)
  try {
    while (goesOn()) {
      if (asked.length === 0) await changed.promise
      else {
        const answer = await asked[0]!
        void asked.shift()
        change()
        yield answer
      }
    }
    await asking
  } finally {
    isDone = true
    change()
  }
}
