import { lives, type Life, type Step } from './lives.ts'
import { createRandom, type Random } from './random.ts'
import { placeOf, sourceOf } from './sources.ts'

/** A line of an import: a command, and what it says. Those about another event name no entity. */
export type Line = {
  kind?: string
  id?: string
  command: string
  key?: string
  when?: string
  zone?: string
  source?: object
  places?: readonly object[]
  crisis?: string
  note?: string
  data: Record<string, unknown>
}

/**
 * The lines of a long crisis, the same for the same seed: things of all kinds under way beside each other, about ten
 * events each, all with a source and most with places, known to the day. One in ten is told late, one in fifty is
 * corrected, one in a hundred retracted; a seventh of the things have not ended. Only what is named later has a key.
 */
export function* generate(count: number, seed = 1): Generator<Line> {
  const random = createRandom(seed)
  const open: Line[][] = []
  let begun = 0
  for (let given = 0; given < count; given++) {
    while (open.length < underWay) open.push(told(random, seed, begun++))
    const chosen = random.below(open.length)
    const left = open[chosen]!
    yield left.pop()!
    if (left.length === 0) {
      open[chosen] = open.at(-1)!
      open.pop()
    }
  }
}

/** How many things are under way at a time. */
const underWay = 300

/** The lines of one thing, the first told last. */
const told = (random: Random, seed: number, number: number): Line[] => {
  const life = pickLife(random)
  const id = `${life.kind.slice(0, 3)}-${seed}-${number}`
  const stream = `${life.kind}-${id}`
  const zone = random.chance(0.7) ? 'America/Guayaquil' : 'America/Lima'
  const country = zone === 'America/Guayaquil' ? 'EC' : 'PE'
  const crisis = `${country.toLowerCase()}-${2023 + (number % 3)}`
  const steps = life.steps(random, number)
  if (random.chance(0.15)) steps.length = 1 + random.below(steps.length)

  let day = number % 1000
  const lines = steps.map((step, index): Line => {
    day += random.below(3)
    return lineOf({
      random,
      step,
      kind: life.kind,
      id,
      zone,
      country,
      crisis,
      day,
      number: number * 100 + index,
    })
  })
  return withMeta(random, delayed(random, lines), stream).toReversed()
}

const totalWeight = lives.reduce((sum, { weight }) => sum + weight, 0)

const pickLife = (random: Random): Life => {
  let ticket = random.below(totalWeight)
  return lives.find(({ weight }) => (ticket -= weight) < 0)!
}

type Telling = {
  random: Random
  step: Step
  kind: string
  id: string
  zone: string
  country: 'EC' | 'PE'
  crisis: string
  day: number
  number: number
}

const lineOf = ({ random, step, kind, id, zone, country, crisis, day, number }: Telling): Line => ({
  kind,
  id,
  command: step.command,
  when: dateOf(day),
  zone,
  source: sourceOf(random, dateOf(day + random.below(2)), number),
  ...(step.placed !== false && { places: [placeOf(random, country)] }),
  crisis,
  ...(random.chance(0.15) && { note: `Entered from the file of the day, sheet ${number}` }),
  data: step.data,
})

const dates: string[] = []
const firstDay = Date.UTC(2023, 0, 1)

/** The date so many days after the first. */
const dateOf = (day: number): string =>
  (dates[day] ??= new Date(firstDay + day * 86_400_000).toISOString().slice(0, 10))

/** One in ten is told after up to four of those that came later. */
const delayed = (random: Random, lines: readonly Line[]): Line[] => {
  const order = lines.map((line, index) => ({
    line,
    place: random.chance(0.1) ? index + 1.5 + random.below(4) : index,
  }))
  return order.toSorted((a, b) => a.place - b.place).map(({ line }) => line)
}

/** The lines with what is said about some of them later on. */
const withMeta = (random: Random, lines: readonly Line[], stream: string): Line[] => {
  const result = [...lines]
  for (const [index, line] of lines.entries()) {
    const fate = random.below(100)
    if (fate > 2) continue
    const key = `line-${index}`
    line.key = key
    const eventId = `${stream}#${key}`
    const meta = fate === 0 ? retraction(eventId) : correction(random, eventId, line)
    result.splice(result.indexOf(line) + 1 + random.below(4), 0, meta)
  }
  return result
}

const retraction = (eventId: string): Line => ({
  command: 'retract',
  data: { eventId, reason: 'It was recorded twice' },
})

const correction = (random: Random, eventId: string, { when, zone }: Line): Line => {
  const changed = random.chance(0.5)
    ? { when: `../${when}`, zone }
    : { note: 'The source was read again, and says more' }
  return {
    command: 'correct',
    ...(random.chance(0.5) && { source: sourceOf(random, when!, 7) }),
    data: { eventId, ...changed, reason: 'The gazette has it otherwise' },
  }
}
