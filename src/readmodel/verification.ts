import type { Projection, State } from '../../projections/projection.ts'
import { type Entity, entityOf } from '../answer/entity.ts'
import { knownAt } from '../answer/known.ts'
import { type Coordinate, list } from '../answer/list.ts'
import { textsOf, wordsOf } from '../answer/words.ts'
import { instantOf } from '../time/instant.ts'
import type { Core } from './core.ts'
import type { History } from './history.ts'
import { type Cut, cuts } from './cuts.ts'
import { open } from './rectangles.ts'

/** Where a read model says otherwise than the definition: about which entity or kind, as known where, and how. */
export type Difference = { about: string; position: number; finding: string }

/** Compares a read model with the definition, entity by entity and list by list. */
export type Verification = {
  /** An entity as it is known at each position: its versions, their words, its events. */
  entity(entity: number, positions: Iterable<number>): Difference[]
  /** A stretch of the list of a kind at a coordinate: `ids` are some that follow on each other, or all of the kind. */
  list(
    projection: Projection,
    ids: readonly string[],
    coordinate: Coordinate,
    words?: readonly string[],
  ): Difference[]
  /** The ids of a kind in their order. */
  idsOf(projection: Projection): readonly string[]
  /** A moment at which something begins, by a number from 0 up to 1. */
  momentAt(place: number): string
  /** A word of what is said of an entity now; null: none is. */
  wordOf(entity: number): string | null
}

export const createVerification = (core: Core, history: History): Verification => {
  const { timeline, registry, rectangles, contents, states, lexicon, vocables, wordings } = core.tables
  const { position: positions } = timeline.columns
  const rectanglesOf = (entity: number): number[] => [...rectangles.of(entity)]
  const idsOfKind = new Map<string, string[]>()

  /** As the log has it, up to where the read model is. */
  const told = (entity: number): Entity | null => {
    const events = history
      .stream(registry.stream(entity))
      .filter(({ position }) => position <= timeline.position())
    return events.length === 0 ? null : entityOf(events)
  }

  /** What the read model says is to be seen of an entity when the log had so many events. */
  const shown = (entity: number, count: number): Shown[] => {
    const words = vocables.of(entity).map((word) => lexicon.texts.word[word]!)
    return rectanglesOf(entity)
      .filter((one) => rectangles.since(one) < count && rectangles.until(one) >= count)
      .toSorted((a, b) => rectangles.from(a) - rectangles.from(b))
      .map((one) => {
        const { states: numbers, wordings: said, disputed, flagged } = contents.of(rectangles.content(one))
        const texts = states.texts(numbers)
        return {
          from: rectangles.from(one),
          to: rectangles.to(one),
          texts: numbers.map((number) => texts.get(number)!),
          words: said.map((wording) => wordings.placesIn(wording).map((place) => words[place]!)),
          disputed,
          flagged,
        }
      })
  }

  const eventsDiffer = (entity: number, there: Entity | null): string | null => {
    const numbers = [...registry.events(entity)]
    const known = numbers.map((number) => positions.values[number])
    const expected = there?.events.map(({ position }) => position) ?? []
    if (JSON.stringify(known) !== JSON.stringify(expected))
      return `has events at ${known.join(', ')}, and in the log they are at ${expected.join(', ') || 'none'}`
    const reality = registry.reality(entity)
    if (there && there.reality !== reality) return `is ${reality}, and in the log ${there.reality}`
    const own = new Set(numbers)
    const isForeign = rectanglesOf(entity).some((one) => {
      const until = rectangles.until(one)
      return !own.has(rectangles.since(one)) || (until !== open && !own.has(until))
    })
    return isForeign ? 'has a version that begins or ends to be known with an event of another' : null
  }

  const idsOf = ({ kind: { name } }: Projection): readonly string[] => {
    const known = idsOfKind.get(name)
    if (known) return known
    const ids: string[] = []
    for (let entity = 0; entity < registry.length(); entity++)
      if (registry.kind(entity) === name) ids.push(registry.name(entity).id)
    ids.sort((a, b) => (a < b ? -1 : 1))
    idsOfKind.set(name, ids)
    return ids
  }

  return {
    entity: (number, positions) => {
      const about = registry.stream(number)
      const entity = told(number)
      const otherwise = eventsDiffer(number, entity)
      if (otherwise !== null || !entity)
        return [{ about, position: timeline.position(), finding: otherwise ?? 'is not in the log' }]
      const found: Difference[] = []
      const heard = new Set<string>()
      for (const position of positions) {
        const known = knownAt(entity, position)
        const expected = known.revision < 0 ? [] : cuts(known, { from: '', to: null }).map(toBeShown)
        const versions = shown(number, timeline.countAt(position))
        const finding = firstDifference(versions, expected)
        if (finding) found.push({ about, position, finding })
        const { text } = registry.crisesOf(number, timeline.countAt(position))
        if (known.revision >= 0 && text !== JSON.stringify(known.crisis))
          found.push({
            about,
            position,
            finding: `is of ${text}, and should be of ${JSON.stringify(known.crisis)}`,
          })
        const right = new Set(expected.flatMap(({ texts }) => texts))
        for (const { texts, words } of versions)
          for (const [place, text] of texts.entries()) {
            const told = `${words[place]!.join(' ')} ${text}`
            if (heard.has(told) || !right.has(text)) continue
            heard.add(told)
            const finding = wordsDiffer(words[place]!, text)
            if (finding !== null) found.push({ about, position, finding })
          }
      }
      return found
    },
    list: (projection, ids, coordinate, words) => {
      const [first] = ids
      if (first === undefined) return []
      const all = idsOf(projection)
      const before = all[all.indexOf(first) - 1] ?? null
      const filter = { status: 'any', reality: 'actual', ...(words && { words }) } as const
      const page = { after: before, limit: ids.length }
      const entities = ids.flatMap((id) => told(registry.of(`${projection.kind.name}-${id}`)!) ?? [])
      const expected = list(projection, entities, coordinate, filter, page)
      const last = ids.at(-1)!
      const { rows, counts } = core.list(projection, coordinate, filter, page)
      const about = `${projection.kind.plural} at ${coordinate.asOf}${words ? `, q=${words.join(' ')}` : ''}`
      const { position } = coordinate
      const shownRows = rows.filter((row) => (JSON.parse(row) as { id: string }).id <= last)
      const expectedRows = expected.rows.map((row) => JSON.stringify(row))
      const place = expectedRows.findIndex((row, index) => row !== shownRows[index])
      if (place >= 0 || shownRows.length > expectedRows.length) {
        const at = place < 0 ? expectedRows.length : place
        return [{ about, position, finding: `row ${apart(shownRows[at], expectedRows[at])}` }]
      }
      return ids.length < all.length || JSON.stringify(counts) === JSON.stringify(expected.counts)
        ? []
        : [
            {
              about,
              position,
              finding: `counts ${JSON.stringify(counts)} in place of ${JSON.stringify(expected.counts)}`,
            },
          ]
    },
    idsOf,
    momentAt: (place) =>
      instantOf(rectangles.length() === 0 ? 0 : rectangles.from(Math.floor(place * rectangles.length()))),
    wordOf: (entity) => {
      const texts = shown(entity, timeline.length()).at(-1)?.texts ?? []
      const states = texts.map((text) => JSON.parse(text) as State | null)
      return states.flatMap((state) => (state ? saidIn(state) : []))[0] ?? null
    },
  }
}

/** Texts of states, and what they are found by. */
type Shown = Version & { words: string[][] }
type Version = { from: number; to: number; texts: string[]; disputed: boolean; flagged: boolean }

const toBeShown = ({ from, to, holding: { candidates, disputed, flagged } }: Cut): Version => ({
  from,
  to,
  texts: candidates.map((state) => JSON.stringify(state)),
  disputed,
  flagged,
})

const saidIn = (state: State): string[] => textsOf(state).flatMap(wordsOf)

/** The first word by which a state is found and that is not said of it, or the other way round; null: there is none. */
const wordsDiffer = (there: readonly string[], text: string): string | null => {
  const state = JSON.parse(text) as State | null
  const expected = new Set(state ? saidIn(state) : [])
  const known = new Set(there)
  const [missing] = expected.difference(known)
  if (missing !== undefined) return `is not found by "${missing}", which is said of it`
  const [other] = known.difference(expected)
  return other === undefined ? null : `is found by "${other}", which is not said of it`
}

/** The first of two lists of versions that is not alike, in words; null: they are alike. */
const firstDifference = (shown: readonly Version[], expected: readonly Version[]): string | null => {
  for (let place = 0; place < Math.max(shown.length, expected.length); place++) {
    const [one, other] = [shown[place], expected[place]].map((version) => version && inWords(version))
    if (one !== other) return `has the version ${apart(one, other)}`
  }
  return null
}

/** What is there in place of what ought to be, each from where they part. */
const apart = (there: string | undefined, expected: string | undefined): string => {
  if (there === undefined || expected === undefined)
    return `${there?.slice(0, shownAtMost) ?? 'missing'} in place of ${expected?.slice(0, shownAtMost) ?? 'none'}`
  let place = 0
  while (there[place] === expected[place]) place++
  const start = Math.max(place - 60, 0)
  const [one, other] = [there, expected].map(
    (text) => `${start > 0 ? '…' : ''}${text.slice(start, start + shownAtMost)}`,
  )
  return `${one} in place of ${other}`
}

const shownAtMost = 240

const inWords = ({ from, to, texts, disputed, flagged }: Version): string => {
  const marks = `${disputed ? ', disputed' : ''}${flagged ? ', flagged' : ''}`
  return `from ${instantOf(from)} to ${to === Infinity ? 'no end' : instantOf(to)}: ${texts.join(' or ')}${marks}`
}
