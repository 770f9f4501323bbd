import type { State } from '../../projections/projection.ts'
import type { Shape } from '../answer/filter.ts'
import { type Column, createColumn } from './column.ts'

/** What holds in a rectangle: the candidate states by their numbers (0: nothing holds), and what a row says of them. */
export type Content = { states: readonly number[]; disputed: boolean; flagged: boolean }

/** The contents of rectangles, numbered from 0. */
export type Contents = {
  columns: {
    shape: Column<Uint32Array>
    first: Column<Uint32Array>
    marks: Column<Uint8Array>
    state: Column<Uint32Array>
  }
  texts: { shape: string[] }
  add(content: Content, candidates: readonly (State | null)[]): number
  addShaped(content: Content, shape: number): number
  of(content: number): Content
  /** The same without making anything: how many candidates there are, the state of one, and whether it is marked. */
  count(content: number): number
  state(content: number, place: number): number
  isDisputed(content: number): boolean
  isFlagged(content: number): boolean
  /** What a filter can ask of the candidates without reading their texts. */
  shapeOf(content: number): number
  shape(number: number): readonly (Shape | null)[]
  shapeNumber(candidates: readonly (Shape | State | null)[]): number
  /** Makes what is not kept from what is. */
  restore(): void
}

export const createContents = (): Contents => {
  const columns = {
    shape: createColumn('whole'),
    first: createColumn('whole'),
    marks: createColumn('byte'),
    state: createColumn('whole'),
  }
  const { shape, first, marks, state } = columns
  const texts = { shape: [] as string[] }
  const shapes: (readonly (Shape | null)[])[] = []
  const byKey = new Map<string, number>()

  const enter = (shape: readonly (Shape | null)[]) => {
    byKey.set(shape.map(keyOf).join('\n'), shapes.length)
    shapes.push(shape)
  }
  /** What was asked for last: states of an entity follow each other, and most are of the same shape. */
  let last: Shape | State | null = null
  let lastNumber = -1

  const shapeNumber = (candidates: readonly (Shape | State | null)[]): number => {
    const [one] = candidates
    if (candidates.length > 1 || !one) return shapeNumberOf(candidates)
    if (!last || !isOfShape(one, last)) {
      lastNumber = shapeNumberOf(candidates)
      last = one
    }
    return lastNumber
  }
  const shapeNumberOf = (candidates: readonly (Shape | State | null)[]): number => {
    const known = byKey.get(
      candidates.length === 1 ? keyOf(candidates[0]!) : candidates.map(keyOf).join('\n'),
    )
    if (known !== undefined) return known
    const shape = candidates.map(shapeIn)
    texts.shape.push(JSON.stringify(shape))
    enter(shape)
    return shapes.length - 1
  }

  const addShaped = ({ states, disputed, flagged }: Content, number: number): number => {
    first.push(state.length)
    for (const one of states) state.push(one)
    marks.push((disputed ? 1 : 0) + (flagged ? 2 : 0))
    return shape.push(number)
  }

  const count = (content: number): number =>
    (content + 1 < first.length ? first.values[content + 1]! : state.length) - first.values[content]!
  const stateOf = (content: number, place: number): number => state.values[first.values[content]! + place]!
  const isDisputed = (content: number): boolean => (marks.values[content]! & 1) > 0
  const isFlagged = (content: number): boolean => (marks.values[content]! & 2) > 0

  return {
    columns,
    texts,
    add: (content, candidates) => addShaped(content, shapeNumber(candidates)),
    addShaped,
    of: (content) => ({
      states: Array.from({ length: count(content) }, (_, place) => stateOf(content, place)),
      disputed: isDisputed(content),
      flagged: isFlagged(content),
    }),
    count,
    state: stateOf,
    isDisputed,
    isFlagged,
    shapeOf: (content) => shape.values[content]!,
    shape: (number) => shapes[number]!,
    shapeNumber,
    restore: () => texts.shape.forEach((text) => enter(JSON.parse(text) as (Shape | null)[])),
  }
}

/** Whether two are of the same shape; where it cannot be seen at once, false. */
const isOfShape = (one: Shape | State, other: Shape | State): boolean =>
  one.status === other.status && one.places === other.places && one['type'] === other['type']

/** A state in the words of a filter, as a key: what is asked for often must be found without making anything. */
const keyOf = (state: Shape | State | null): string => {
  if (state === null) return ''
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
