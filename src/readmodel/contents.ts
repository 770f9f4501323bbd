import type { State } from '../../projections/projection.ts'
import type { Shape } from '../answer/filter.ts'
import { type Column, createColumn } from './column.ts'
import { movedBy } from './wordings.ts'

/**
 * What holds in a rectangle: the candidate states by their numbers (0: nothing holds), their wordings, and what a row says of
 * them.
 */
export type Content = {
  states: readonly number[]
  wordings: readonly number[]
  disputed: boolean
  flagged: boolean
}

/**
 * The contents of rectangles. One's number is where it begins among all: there its shape stands, with the marks in the
 * lowest bits, and then its states, each with its wording. What is asked of it lies together: it is mostly far away in
 * memory.
 */
export type Contents = {
  columns: { said: Column<Uint32Array> }
  texts: { shape: string[] }
  add(content: Content, candidates: readonly (State | null)[]): number
  of(content: number): Content
  /** The content that has a state, and at which place; undefined: none has. It looks at all of them. */
  having(state: number): { content: number; place: number } | undefined
  /** Whether it is like another. */
  is(content: number, other: Content): boolean
  /** The same without making anything: how many candidates there are, the state of one, and whether it is marked. */
  count(content: number): number
  /** A number that lies where all that is asked of it does. */
  touch(content: number): number
  state(content: number, place: number): number
  wording(content: number, place: number): number
  isDisputed(content: number): boolean
  isFlagged(content: number): boolean
  /** What a filter can ask of the candidates without reading their texts. */
  shapeOf(content: number): number
  shape(number: number): readonly (Shape | null)[]
  /**
   * Takes what another keeps, behind what is here: `shapes` has the new number of each of its shapes, and its long wordings
   * come behind so many numbers of others.
   */
  append(other: Contents, shapes: Uint32Array, long: number): void
  /** Makes what is not kept from what is. */
  restore(): void
}

const disputedMark = 1
const flaggedMark = 2
/** A shape's number stands above the marks. */
const shapeUnit = 4

/** So many candidates are looked at before one is looked up. */
const mostRecent = 8

export const createContents = (): Contents => {
  const columns = { said: createColumn('whole') }
  const { said } = columns
  const texts = { shape: [] as string[] }
  const shapes: (readonly (Shape | null)[])[] = []
  const byKey = new Map<number | string, number>()

  /** Each form that a candidate has, numbered from 1; 0: nothing holds. */
  const forms = new Map<string, number>()
  /** What was asked for lately: states of an entity follow each other, and most are of the same form. */
  const recent: { status: string; places: unknown; type: unknown; form: number }[] = []
  let oldest = 0

  const formOf = (one: Shape | State | null): number => {
    if (one === null) return 0
    const { status, places } = one
    const type = (one as { type?: unknown }).type
    for (const known of recent)
      if (known.places === places && known.status === status && known.type === type) return known.form
    const key = keyOf(one)
    const form = forms.get(key) ?? forms.size + 1
    forms.set(key, form)
    recent[oldest] = { status, places, type, form }
    oldest = (oldest + 1) % mostRecent
    return form
  }
  const keyOfAll = (candidates: readonly (Shape | State | null)[]): number | string => {
    const [one, other] = candidates
    if (candidates.length === 1) return formOf(one!)
    if (candidates.length === 2) return (formOf(one!) + 1) * 2 ** 26 + formOf(other!)
    return candidates.map(formOf).join(' ')
  }
  const enter = (shape: readonly (Shape | null)[]) => {
    byKey.set(keyOfAll(shape), shapes.length)
    shapes.push(shape)
  }
  const shapeNumber = (candidates: readonly (Shape | State | null)[]): number => {
    const known = byKey.get(keyOfAll(candidates))
    if (known !== undefined) return known
    const shape = candidates.map(shapeIn)
    texts.shape.push(JSON.stringify(shape))
    enter(shape)
    return shapes.length - 1
  }

  const shapeOf = (content: number): number => Math.floor(said.values[content]! / shapeUnit)
  const count = (content: number): number => shapes[shapeOf(content)]!.length
  const stateOf = (content: number, place: number): number => said.values[content + 1 + place * 2]!
  const wordingOf = (content: number, place: number): number => said.values[content + 2 + place * 2]!
  const isMarked = (content: number, mark: number): boolean => (said.values[content]! & mark) > 0
  const isDisputed = (content: number): boolean => isMarked(content, disputedMark)
  const isFlagged = (content: number): boolean => isMarked(content, flaggedMark)

  return {
    columns,
    texts,
    add: ({ states, wordings, disputed, flagged }, candidates) => {
      const marks = (disputed ? disputedMark : 0) + (flagged ? flaggedMark : 0)
      const content = said.push(shapeNumber(candidates) * shapeUnit + marks)
      for (let place = 0; place < states.length; place++) {
        said.push(states[place]!)
        said.push(wordings[place]!)
      }
      return content
    },
    of: (content) => {
      const states: number[] = []
      const wordings: number[] = []
      for (let place = 0; place < count(content); place++) {
        states.push(stateOf(content, place))
        wordings.push(wordingOf(content, place))
      }
      return { states, wordings, disputed: isDisputed(content), flagged: isFlagged(content) }
    },
    having: (state) => {
      for (let content = 0; content < said.length; content += 1 + count(content) * 2)
        for (let place = 0; place < count(content); place++)
          if (stateOf(content, place) === state) return { content, place }
      return undefined
    },
    is: (content, { states, disputed, flagged }) => {
      if (count(content) !== states.length) return false
      if (isDisputed(content) !== disputed || isFlagged(content) !== flagged) return false
      for (let place = 0; place < states.length; place++)
        if (stateOf(content, place) !== states[place]) return false
      return true
    },
    count,
    touch: (content) => said.values[content]!,
    state: stateOf,
    wording: wordingOf,
    isDisputed,
    isFlagged,
    shapeOf,
    shape: (number) => shapes[number]!,
    append: ({ columns: theirs, texts: { shape } }, numbers, long) => {
      const counts = shape.map((text) => (JSON.parse(text) as unknown[]).length)
      const start = said.length
      said.put(start, theirs.said.bytes(0))
      const { values } = said
      for (let content = start; content < said.length;) {
        const known = Math.floor(values[content]! / shapeUnit)
        values[content] = numbers[known]! * shapeUnit + (values[content]! % shapeUnit)
        const end = content + 1 + counts[known]! * 2
        for (let wording = content + 2; wording < end; wording += 2)
          values[wording] = movedBy(values[wording]!, long)
        content = end
      }
    },
    restore: () => texts.shape.forEach((text) => enter(JSON.parse(text) as (Shape | null)[])),
  }
}

/** A state in the words of a filter, as a key: what is asked for often must be found without making anything. */
const keyOf = (state: Shape | State): string => {
  let key = `${state.status} ${(state as { type?: string | null }).type ?? ''}`
  for (const { country, subdivision, precision } of state.places)
    key += ` ${country ?? ''} ${subdivision ?? ''} ${precision === 'country' ? precision : ''}`
  return key
}

const shapeIn = (state: Shape | State | null): Shape | null => {
  if (state === null) return null
  const { status } = state
  const { type } = state as { type?: string | null }
  const places = state.places.map(({ country, subdivision, precision }) => ({
    ...(country && { country }),
    ...(subdivision && { subdivision }),
    ...(precision === 'country' && { precision }),
  }))
  return { status, ...(type && { type }), places } as Shape
}
