import { expect, test } from 'vitest'
import type { Entity } from '../../src/answer/entity.ts'
import { atHand, createDesk } from '../../src/readmodel/desk.ts'
import { weightOf } from '../../src/readmodel/weight.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'

/** An entity with events that hold notes of some lengths. */
const entity = (stream: string, notes: readonly number[]): Entity =>
  ({ stream, events: notes.map((length) => ({ note: 'x'.repeat(length) }) as Event) }) as object as Entity

/** A desk, and which entities it had to fetch. */
const deskOf = (all: readonly Entity[], most: { events: number; bytes: number }, unweighed?: number) => {
  const fetched: string[] = []
  const numberOf = (stream: string) => all.findIndex((one) => one.stream === stream)
  const fetch = (number: number) => {
    fetched.push(all[number]!.stream)
    return atHand(all[number]!, number)
  }
  const desk = createDesk(numberOf, fetch, most, unweighed)
  return {
    get: (stream: string) => desk.get(stream)!,
    putAway: (stream: string, isOver: boolean) => desk.putAway(stream, () => isOver),
    fetched,
  }
}

test('entities stay at hand until all together have too many events: the one asked for longest ago goes first', () => {
  const { get, fetched } = deskOf(
    ['a', 'b', 'c'].map((stream) => entity(stream, [10, 10])),
    { events: 4, bytes: 10_000 },
  )
  for (const stream of ['a', 'b', 'a', 'c', 'a', 'b']) get(stream)
  expect(fetched).toStrictEqual(['a', 'b', 'c', 'b'])
})

test('or until their events hold too much', () => {
  const { get, fetched } = deskOf([entity('a', [10]), entity('b', [5000]), entity('c', [5000])], {
    events: 100,
    bytes: 8000,
  })
  for (const stream of ['a', 'b', 'b', 'a', 'c', 'a', 'b']) get(stream)
  expect(fetched).toStrictEqual(['a', 'b', 'c', 'b'])
})

test('what is too large alone is there only while nothing else is asked for', () => {
  const { get, fetched } = deskOf([entity('a', [10_000]), entity('b', [1])], { events: 100, bytes: 100 })
  for (const stream of ['a', 'a', 'b', 'b', 'a']) get(stream)
  expect(fetched).toStrictEqual(['a', 'b', 'a'])
})

test('what is put away makes room, unless it goes on or has many events', () => {
  const many = entity(
    'many',
    Array.from({ length: 33 }, () => 1),
  )
  const { get, putAway, fetched } = deskOf([entity('a', [1]), entity('b', [1]), entity('c', [1]), many], {
    events: 35,
    bytes: 100_000,
  })
  for (const stream of ['many', 'a', 'b']) get(stream)
  putAway('many', true)
  putAway('a', false)
  putAway('b', true)
  putAway('c', true)
  for (const stream of ['c', 'many', 'a', 'b']) get(stream)
  expect(fetched).toStrictEqual(['many', 'a', 'b', 'c', 'b'])
})

test('what a few events hold is looked at with those that come next, and never where they are put away before', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
  const { get, putAway, fetched } = deskOf(
    names.map((name) => entity(name, [3000])),
    { events: 100, bytes: 8000 },
    3,
  )
  for (const stream of ['a', 'b', 'c', 'a', 'b', 'c']) get(stream)
  expect(fetched).toStrictEqual(['a', 'b', 'c'])
  putAway('c', true)
  putAway('a', true)
  for (const stream of ['d', 'b', 'd', 'b', 'e', 'f', 'g', 'b']) get(stream)
  expect(fetched).toStrictEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
  // With one more all are weighed that are there still: the two asked for last have room.
  for (const stream of ['h', 'b', 'h', 'g']) get(stream)
  expect(fetched.slice(7)).toStrictEqual(['h', 'g'])
})

test('the weight of a value is about that of its text', () => {
  const value = {
    note: 'n'.repeat(1000),
    places: Array.from({ length: 50 }, (_, index) => ({ name: `Place ${index}`, country: 'EC' })),
    data: { value: { best: 3, min: null }, open: true },
  }
  const length = JSON.stringify(value).length
  expect(weightOf(value)).toBeGreaterThan(length * 0.8)
  expect(weightOf(value)).toBeLessThan(length * 1.2)
})
