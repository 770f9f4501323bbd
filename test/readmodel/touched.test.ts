import { expect, test } from 'vitest'
import { entityOf } from '../../src/answer/entity.ts'
import { grown, knownAt } from '../../src/answer/known.ts'
import { touched } from '../../src/answer/touched.ts'
import { cuts } from '../../src/readmodel/cuts.ts'
import { memoryModel } from '../../src/readmodel/store.ts'
import { type Line, recorded } from '../given.ts'
import { historyOf } from './history.ts'

const head = Number.MAX_SAFE_INTEGER
const held = (at: string, best: number): Line => ['report-figure', at, { measure: 'held', value: { best } }]

/** Where in valid time the last of some events changed anything. */
const touchedBy = (lines: readonly Line[], kind = 'incident') => {
  const events = recorded(kind, lines)
  const before = entityOf(events.slice(0, -1))
  return touched(knownAt(before, head), knownAt(grown(before, events.at(-1)!), head))
}

const told = [
  held('2024-01-08T12:00Z', 10),
  held('2024-01-10T12:00Z', 20),
  held('2024-01-12T12:00Z', 30),
] as const

test('a late figure changes what was known only until its asserter tells the next one', () => {
  expect(touchedBy([...told, held('2024-01-09T12:00Z', 15)])).toStrictEqual({
    from: '2024-01-09T12:00:00.000Z',
    to: '2024-01-10T12:00:00.000Z',
  })
})

test('a late figure of another measure changes all that was known from it on', () => {
  const killed: Line = ['report-figure', '2024-01-09T12:00Z', { measure: 'killed', value: { best: 1 } }]
  expect(touchedBy([...told, killed])).toStrictEqual({ from: '2024-01-09T12:00:00.000Z', to: null })
})

test('a retraction changes what was known only until the next figure, and so does taking it back', () => {
  const stretch = { from: '2024-01-10T12:00:00.000Z', to: '2024-01-12T12:00:00.000Z' }
  expect(touchedBy([...told, ['retract', 1]])).toStrictEqual(stretch)
  expect(touchedBy([...told, ['retract', 1], ['retract', 3]])).toStrictEqual(stretch)
})

test('a corroboration changes nothing at any moment', () => {
  expect(touchedBy([...told, ['corroborate', 1, { source: { publisher: 'A', medium: 'press' } }]])).toBeNull()
})

test('a late figure changes what was known only until the next one, whether or not what lasts has happened', () => {
  const lasting: readonly Line[] = [
    ['report', '2024-01', {}],
    ['confirm', '2024', {}],
    ['end', '2024-01', {}],
  ]
  expect(touchedBy([...lasting, ...told, held('2024-01-09T12:00Z', 15)])).toStrictEqual({
    from: '2024-01-09T12:00:00.000Z',
    to: '2024-01-10T12:00:00.000Z',
  })
})

test.each([
  ['no others', []],
  ['many others', Array.from({ length: 9 }, (): Line => ['amend', '2024-01-02/2024-03-30', {}])],
])('what changes only where the later of two that last has happened is found, beside %s', (_, others) => {
  const [type, title] = ['curfew', 'Curfew']
  const lines: readonly Line[] = [
    ['declare', '2024-01-02/2024-03-30', { type, title }],
    ['lift', '2024-01-02/2024-02-10'],
    ...others,
    // Not allowed there, so that all is flagged from then on.
    ['abandon', '2024-01-05T12:00Z'],
    ['abandon', '2024-01-25T12:00Z'],
    // Counts for nothing, but where it was lifted and nobody had declared it: it then says the title.
    ['amend', '2024-01-20T12:00Z', { title }],
  ]
  expect(touchedBy(lines, 'emergency')).toStrictEqual({
    from: '2024-01-20T12:00:00.000Z',
    to: '2024-03-31T04:59:59.999Z',
  })
})

test('without what lasts longer, only what comes before the steps that stay is compared', () => {
  const at = (hour: number) => `2024-01-01T${String(hour).padStart(2, '0')}:00Z`
  const by = (hour: number) => `${at(hour)}/${at(10)}`
  const described = (when: string, name: string, aliases?: readonly string[]): Line => [
    'describe',
    when,
    { type: 'person', name, ...(aliases && { aliases }) },
  ]
  const events = recorded('actor', [
    described(at(0), 'A', ['A']),
    described(`${at(1)}/2024-01-05T00:00Z`, 'C', ['A', 'B']),
    // So many that a mark is kept on the one that lasts.
    ...Array.from({ length: 20 }, (): Line => ['appoint', at(2), { role: { title: 'leader' } }]),
    described(by(4), 'B'),
    described(by(5), 'C'),
    described(by(3), 'C', ['B']),
  ])
  const model = memoryModel(historyOf(events))
  for (const event of events) model.apply([event])
  const { rectangles } = model.core().tables
  const froms = rectangles.current(0).map((rectangle) => rectangles.from(rectangle))
  const known = knownAt(entityOf(events), head)
  expect(froms).toStrictEqual(cuts(known, { from: '', to: null }).map(({ from }) => from))
})

test('a late figure closes the rectangle it lies in, and none after it', () => {
  const events = recorded('incident', [...told, held('2024-01-09T12:00Z', 15)])
  const model = memoryModel(historyOf(events))
  model.apply(events.slice(0, -1))
  const { rectangles } = model.core().tables
  const [first, ...others] = rectangles.current(0)
  model.apply(events)
  expect([...rectangles.columns.closed.values.subarray(0, rectangles.columns.closed.length)].at(-1)).toBe(
    first,
  )
  expect(rectangles.current(0).slice(2)).toStrictEqual(others)
})
