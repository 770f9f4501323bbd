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
  of(content: number): Content
  /** What a filter can ask of the candidates without reading their texts. */
  shapeOf(content: number): number
  shape(number: number): readonly (Shape | null)[]
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
  const byText = new Map<string, number>()

  const enter = (text: string) => {
    byText.set(text, shapes.length)
    shapes.push(JSON.parse(text) as (Shape | null)[])
  }
  const shapeNumber = (candidates: readonly (State | null)[]): number => {
    const text = `[${candidates.map(shapeText).join(',')}]`
    const known = byText.get(text)
    if (known !== undefined) return known
    texts.shape.push(text)
    enter(text)
    return shapes.length - 1
  }

  return {
    columns,
    texts,
    add: ({ states, disputed, flagged }, candidates) => {
      first.push(state.length)
      for (const number of states) state.push(number)
      marks.push((disputed ? 1 : 0) + (flagged ? 2 : 0))
      return shape.push(shapeNumber(candidates))
    },
    of: (content) => {
      const end = content + 1 < first.length ? first.values[content + 1]! : state.length
      const mark = marks.values[content]!
      return {
        states: Array.from(state.values.subarray(first.values[content], end)),
        disputed: (mark & 1) > 0,
        flagged: (mark & 2) > 0,
      }
    },
    shapeOf: (content) => shape.values[content]!,
    shape: (number) => shapes[number]!,
    restore: () => texts.shape.forEach(enter),
  }
}

/** The shape of a state as JSON. Statuses and types are words of the vocabulary. */
const shapeText = (state: State | null): string => {
  if (state === null) return 'null'
  const { status, places } = state
  const type = state['type'] as string | null | undefined
  return `{"status":"${status}",${type ? `"type":"${type}",` : ''}"places":${placesText(places)}}`
}

const remembered = new WeakMap<State['places'], string>()

const placesText = (places: State['places']): string => {
  const known = remembered.get(places)
  if (known !== undefined) return known
  const different = new Set(
    places.map(({ country, subdivision, precision }) =>
      JSON.stringify({
        ...(country && { country }),
        ...(subdivision && { subdivision }),
        ...(precision === 'country' && { precision }),
      }),
    ),
  )
  const text = `[${[...different].join(',')}]`
  remembered.set(places, text)
  return text
}
