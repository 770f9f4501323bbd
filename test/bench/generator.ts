import { type Life, lives, type Step } from './lives.ts'
import { createRandom, type Random } from './random.ts'
import { placeOf, sourceOf } from './sources.ts'

/**
 * A line of a restore: a command, when it was recorded, and what it says. Those about another event name no entity.
 * Without its `recordedAt` it is a line of an import.
 */
export type Line = {
  recordedAt: string
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
 * The lines of a crisis of three years that has about so many events, in the order of their recording and the same for
 * the same seed: things of all eleven kinds, about ten events each, all with a source and most with places; about
 * a hundred of each kind under way at any moment, nearly all others ended. Two thirds are known to the day. One in ten is
 * recorded days later than the others, one in fifty is corrected, one in a hundred retracted. Only what is named
 * later has a key. The lines never end: what comes long after the three years comes closer together.
 */
export function* generate(events: number, seed = 1): Generator<Line> {
  const random = createRandom(seed)
  const pace = paceOf(events)
  let pending: Line[] = []
  for (let begun = 0; ;) {
    for (let count = 0; count < atOnce; count++) pending.push(...told(random, seed, pace, begun++))
    pending.sort(byRecord)
    // Nothing that begins later is recorded earlier.
    const until = isoOf(pace.beginning(begun))
    const end = pending.findIndex(({ recordedAt }) => recordedAt >= until)
    yield* pending.slice(0, end)
    pending = pending.slice(end)
  }
}

/** The first so many lines. */
export function* generated(events: number, seed?: number): Generator<Line> {
  let left = events
  for (const line of generate(events, seed)) {
    if (left-- === 0) return
    yield line
  }
}

const atOnce = 200
const hour = 3_600_000
const day = 24 * hour
const firstDay = Date.UTC(2021, 0, 1)
const threeYears = 3 * 365 * day
const eventsOfOne = 10

/** How many of each kind are under way at a time. */
const underWay = 100

/** When things begin, in milliseconds since 1970, how long those of a kind last, and how many of all are of it. */
type Pace = {
  beginning(number: number): number
  lasting(life: Life, number: number): number
  weight(life: Life): number
}

/** What comes after the three years comes so much closer together, and lasts as much shorter. */
const faster = 20

const paceOf = (events: number): Pace => {
  const all = events / eventsOfOne
  const between = threeYears / all
  const lasting = ({ weight }: Life) =>
    Math.min((underWay * between * totalWeight) / weight, 0.4 * threeYears)
  // Few things begin early and last long, as many of each kind: else fewer were under way than in a larger ledger.
  if (all < underWay * lives.length)
    return {
      beginning: (number) =>
        firstDay +
        Math.floor(number < all ? (between * number) / 10 : threeYears + (between * (number - all)) / faster),
      lasting: (life, number) => (number < all ? 0.9 * threeYears : lasting(life) / faster),
      weight: () => 1,
    }
  const usual = 1.2 * all
  return {
    beginning: (number) =>
      firstDay + Math.floor(between * (Math.min(number, usual) + Math.max(number - usual, 0) / faster)),
    lasting: (life, number) => (number < usual ? lasting(life) : lasting(life) / faster),
    weight: ({ weight }) => weight,
  }
}

const byRecord = (a: Line, b: Line): number =>
  a.recordedAt < b.recordedAt ? -1 : a.recordedAt > b.recordedAt ? 1 : 0

const isoOf = (milliseconds: number): string => new Date(milliseconds).toISOString()

/** Ecuador and Peru are five hours behind UTC all year. */
const localOf = (milliseconds: number): string => isoOf(milliseconds - 5 * hour)
const dateOf = (milliseconds: number): string => localOf(milliseconds).slice(0, 10)

/** The lines of one thing, in the order of the world. */
const told = (random: Random, seed: number, pace: Pace, number: number): Line[] => {
  const life = pickLife(random, pace)
  const id = `${life.kind.slice(0, 3)}-${seed}-${number}`
  const zone = random.chance(0.7) ? 'America/Guayaquil' : 'America/Lima'
  const country = zone === 'America/Guayaquil' ? 'EC' : 'PE'
  const crisis = `${country.toLowerCase()}-${2021 + (number % 3)}`
  const begin = pace.beginning(number)
  const length = pace.lasting(life, number) * (0.4 + random.below(1200) / 1000)
  const steps = life.steps(random, number, Math.max(1, Math.ceil(length / day)))
  if (random.chance(0.002)) steps.length = 1 + random.below(steps.length - 1)

  const offsets = steps.map(() => random.below(1e6) / 1e6).toSorted((a, b) => a - b)
  return steps.flatMap((step, index) => {
    const isLast = index === steps.length - 1
    const at = begin + Math.floor(length * (index === 0 ? 0 : isLast ? 1 : offsets[index]!))
    const line = lineOf(
      random,
      step,
      at,
      { kind: life.kind, id, zone, country, crisis },
      number * 100 + index,
    )
    return withMeta(random, line, at, isLast, index)
  })
}

const totalWeight = lives.reduce((sum, { weight }) => sum + weight, 0)

const pickLife = (random: Random, pace: Pace): Life => {
  let ticket = random.below(lives.reduce((sum, life) => sum + pace.weight(life), 0))
  return lives.find((life) => (ticket -= pace.weight(life)) < 0)!
}

type Thing = { kind: string; id: string; zone: string; country: 'EC' | 'PE'; crisis: string }

const lineOf = (random: Random, step: Step, at: number, thing: Thing, number: number): Line => {
  const { country, ...about } = thing
  return {
    recordedAt: isoOf(at + delay(random)),
    ...about,
    command: step.command,
    when: whenOf(random, at),
    source: sourceOf(random, dateOf(at + random.below(2) * day), number),
    ...(step.placed !== false && { places: [placeOf(random, country)] }),
    ...(random.chance(0.15) && { note: `Entered from the file of the day, sheet ${number}` }),
    data: step.data,
  }
}

/** Most is recorded within twelve hours; one in ten after two days to a month. */
const delay = (random: Random): number =>
  random.chance(0.1) ? 2 * day + random.below(28 * day) : 5 * 60_000 + random.below(12 * hour)

const whenOf = (random: Random, at: number): string => {
  const kind = random.below(100)
  if (kind < 66) return dateOf(at)
  if (kind < 90) return `${localOf(at).slice(0, 16)}-05:00`
  if (kind < 95) return `${dateOf(at)}~`
  return `${dateOf(at - day)}/${dateOf(at)}`
}

/** A line, with what is said about it later on. What ends a thing is never retracted, so that things do end. */
const withMeta = (random: Random, line: Line, at: number, isLast: boolean, index: number): Line[] => {
  const fate = random.below(100)
  if (fate > 2 || (fate === 0 && isLast)) return [line]
  const key = `line-${index}`
  const eventId = `${line.kind}-${line.id}#${key}`
  const recordedAt = isoOf(Date.parse(line.recordedAt) + hour + random.below(30 * day))
  const meta = fate === 0 ? retraction(eventId) : correction(random, eventId, at, line.zone!)
  return [
    { ...line, key },
    { recordedAt, ...meta },
  ]
}

type Meta = Omit<Line, 'recordedAt'>

const retraction = (eventId: string): Meta => ({
  command: 'retract',
  data: { eventId, reason: 'It was recorded twice' },
})

const correction = (random: Random, eventId: string, at: number, zone: string): Meta => {
  const changed = random.chance(0.5)
    ? { when: `${dateOf(at - day)}/${dateOf(at)}`, zone }
    : { note: 'The source was read again, and says more' }
  return {
    command: 'correct',
    ...(random.chance(0.5) && { source: sourceOf(random, dateOf(at + day), 7) }),
    data: { eventId, ...changed, reason: 'The gazette has it otherwise' },
  }
}
