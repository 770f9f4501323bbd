import { expect, test } from 'vitest'
import type { View } from '../../src/ledger/draft.ts'
import { commands } from '../../src/ledger/commands.ts'
import { readLine } from '../../src/ledger/line.ts'
import { groupsOf, roundsOf } from '../../src/ledger/rounds.ts'

/** The rounds of so many lines, in turns about so many things. */
const roundsIn = (lines: number, things: number) => {
  const streams = Array.from({ length: lines }, (_, line) => `incident-${line % things}`)
  return { streams, rounds: [...roundsOf({ streams })] }
}

test('lines that are not very many are recorded in their order, and what they are about stays at hand', () => {
  const { rounds } = roundsIn(2048, 700)
  expect(rounds.flatMap(({ places }) => places)).toStrictEqual(
    Array.from({ length: 2048 }, (_, line) => line),
  )
  expect(rounds.flatMap(({ over }) => [...over])).toStrictEqual([])
})

test('of very many each thing is put away once, with the round that has its last line', () => {
  const { streams, rounds } = roundsIn(2100, 700)
  expect(rounds.flatMap(({ places }) => places).toSorted((a, b) => a - b)).toStrictEqual([...streams.keys()])
  const over = rounds.flatMap((round) => [...round.over])
  expect(over).toHaveLength(700)
  expect(new Set(over)).toStrictEqual(new Set(streams))
  for (const [index, round] of rounds.entries())
    for (const { places } of rounds.slice(index + 1))
      for (const place of places) expect(round.over).not.toContain(streams[place])
})

test('a line that is no command is in no round', () => {
  const streams = Array.from({ length: 3000 }, (_, line) => (line % 3 === 0 ? null : `incident-${line % 5}`))
  const rounds = [...roundsOf({ streams })]
  expect(rounds.flatMap(({ places }) => places)).toHaveLength(2000)
  expect(rounds.flatMap(({ over }) => [...over])).toHaveLength(5)
})

test('the events that lines are about are looked up once each to group them', () => {
  const asked: string[] = []
  const event: View['event'] = (name) => {
    asked.push(name)
    return { stream: `incident-${name}` } as ReturnType<View['event']>
  }
  const ids = Array.from({ length: 5 }, (_, line) => `id-${line}`)
  const reads = ids.map((eventId, line) =>
    readLine(commands, {
      number: line + 1,
      text: JSON.stringify({ command: 'retract', data: { eventId, reason: 'Told twice' } }),
    }),
  )
  const groups = [...groupsOf(reads, { entity: () => undefined, event })]
  expect(groups.map(({ streams }) => streams)).toStrictEqual([ids.map((id) => `incident-${id}`)])
  expect(asked).toStrictEqual(ids)
})
