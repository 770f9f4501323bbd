import type { Coordinate } from '../../src/answer/list.ts'
import type { Row } from '../../src/answer/row.ts'
import type { Request } from '../../src/ledger/command.ts'
import { requestOf } from '../../src/ledger/line.ts'
import { allKinds } from '../../src/vocabulary/index.ts'
import { serveParent } from './child.ts'
import { generate } from './generator.ts'
import { type Ledger, openLedger } from './ledgers.ts'
import { createRandom, type Random } from './random.ts'
import { comparable } from './rectangles.ts'

// Asks a ledger in this process, in the file that the first argument names, and times its answers. The second argument
// is of how many events it was made.

export const questions = [
  'active',
  'everything',
  'found',
  'page',
  'entity',
  'current',
  'counts',
  'history',
  'diff',
  'record',
] as const
export type Question = (typeof questions)[number]

/** A list of what is active: of which kind, where. */
export type Drawn = { kind: string; at: Coordinate }

/**
 * `draw`: so many lists; `rows`: their answers, as they are compared; `time`: how long they take, or as many of another
 * question as fit into some seconds.
 */
export type Message =
  | { do: 'draw'; count: number; seed: number }
  | { do: 'rows'; drawn: readonly Drawn[] }
  | { do: 'time'; drawn: readonly Drawn[]; seconds: number }
  | { do: 'time'; question: Question; count: number; seed: number; seconds: number }

/** Milliseconds of each, and how many rows the answers had. */
export type Timed = { milliseconds: number[]; rows: number[] }

const [path = '', events = ''] = process.argv.slice(2)
const ledger: Ledger = await openLedger(path)
const recorded = ledger.head()

/** A moment of the world that the ledger covers, as known at it or later. */
const drawAt = (random: Random): Coordinate => {
  const seen = Math.ceil(recorded * 0.2) + random.below(Math.floor(recorded * 0.8))
  return { asOf: ledger.recordedAt(seen), position: seen + random.below(recorded - seen + 1) }
}

const draw = (random: Random): Drawn => ({ kind: random.pick(allKinds).name, at: drawAt(random) })

/** Some thing that was known at a coordinate. */
const thing = (random: Random, { position }: Coordinate): string =>
  ledger.about(1 + random.below(position)).stream

/** Where two fifths of all are known: 9,000 incidents of a million events. */
const midway = (random: Random): Coordinate => {
  const position = Math.floor(recorded * 0.41) + random.below(Math.ceil(recorded / 1000))
  return { asOf: ledger.recordedAt(position), position }
}

const words = ['lobos', 'motin', 'pabellon 12', 'persona 3', 'alias', 'excepcion 41', 'operativo']

/** Thousands of things have each. */
const frequentWords = ['guayaquil', 'ministerio', 'persona', 'daniel noboa', 'carcel', 'gobierno']

const nextRequest = (() => {
  const lines = generate(Number(events), 2)
  return (): Request => {
    const { recordedAt: _recordedAt, ...line } = lines.next().value!
    return requestOf(line, 'desk')
  }
})()

/** Draws what to ask, and gives how to ask it: only that is timed. What it resolves to is how many rows there were. */
const prepared: Readonly<Record<Question, (random: Random) => () => number | Promise<number>>> = {
  active: (random) => askActive(draw(random)),
  everything: (random) => {
    const at = midway(random)
    return () => ledger.everything('incident', at).rows
  },
  found: (random) => {
    const { kind, at } = draw(random)
    const text = random.pick(words)
    return () => ledger.found(kind, at, text).length
  },
  page: (random) => {
    const { kind, at } = draw(random)
    const text = random.pick(frequentWords)
    return () => ledger.page(kind, at, text).length
  },
  entity: (random) => {
    const at = drawAt(random)
    const stream = thing(random, at)
    return () => (ledger.entity(stream, at) ? 1 : 0)
  },
  current: (random) => {
    const at = { ...drawAt(random), position: recorded }
    const stream = thing(random, at)
    return () => (ledger.entity(stream, at) ? 1 : 0)
  },
  counts: (random) => {
    const at = drawAt(random)
    return () => Object.keys(ledger.counts(at)).length
  },
  history: (random) => {
    const at = drawAt(random)
    const stream = thing(random, at)
    return () => ledger.history(stream, at).length
  },
  diff: (random) => {
    const to = drawAt(random)
    const position = Math.max(1, to.position - 50)
    return () => Object.keys(ledger.diff({ asOf: to.asOf, position }, to)).length
  },
  record: () => {
    const request = nextRequest()
    return async () => {
      await ledger.record(request)
      return 1
    }
  },
}

const askActive =
  ({ kind, at }: Drawn) =>
  (): number =>
    ledger.activeBytes(kind, at).rows

const time = async (asks: Iterable<() => number | Promise<number>>, seconds: number): Promise<Timed> => {
  const timed: Timed = { milliseconds: [], rows: [] }
  const until = performance.now() + seconds * 1000
  for (const ask of asks) {
    const start = performance.now()
    const answer = ask()
    // What is there at once is not waited for.
    timed.rows.push(typeof answer === 'number' ? answer : await answer)
    const end = performance.now()
    timed.milliseconds.push(end - start)
    if (end > until) break
  }
  return timed
}

function* repeatedly<T>(count: number, make: () => T): Generator<T> {
  for (let index = 0; index < count; index++) yield make()
}

serveParent((message: Message): object | Promise<object> => {
  if (message.do === 'rows')
    return message.drawn.map(({ kind, at }) =>
      ledger.active(kind, at).map((row) => comparable(JSON.parse(row) as Row)),
    )
  if (message.do === 'time' && 'drawn' in message) return time(message.drawn.map(askActive), message.seconds)
  const random = createRandom(message.seed)
  if (message.do === 'draw') return [...repeatedly(message.count, () => draw(random))]
  return time(
    repeatedly(message.count, () => prepared[message.question](random)),
    message.seconds,
  )
})
