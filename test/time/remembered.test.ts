import { expect, test } from 'vitest'
import { remembered } from '../../src/time/remembered.ts'

const counting = (limit: number) => {
  const computed: string[] = []
  const ask = remembered(limit, (group, key) => {
    computed.push(`${group} ${key}`)
    return { group, key }
  })
  return { ask, computed }
}

test('an answer is computed once', () => {
  const { ask, computed } = counting(10)
  expect(ask('a', '1')).toBe(ask('a', '1'))
  expect(computed).toStrictEqual(['a 1'])
})

test('what is asked in another group or by another key is another answer', () => {
  const { ask } = counting(10)
  expect([ask('a', '12'), ask('a1', '2'), ask('a', '2')]).toStrictEqual([
    { group: 'a', key: '12' },
    { group: 'a1', key: '2' },
    { group: 'a', key: '2' },
  ])
})

test('it never remembers more than its limit, in all groups together', () => {
  const { ask, computed } = counting(3)
  for (const key of ['1', '2']) for (const group of ['a', 'b']) ask(group, key)
  expect(computed).toHaveLength(4)
  ask('b', '2')
  expect(computed).toHaveLength(4)
  ask('a', '1')
  expect(computed).toHaveLength(5)
  for (const _ of ['again', 'and again'])
    for (const [group, key] of [
      ['a', '1'],
      ['b', '2'],
    ] as const)
      ask(group, key)
  expect(computed).toHaveLength(5)
})

test('what throws is not remembered', () => {
  let broken = true
  const ask = remembered(3, (_, key) => {
    if (broken) throw new Error('not yet')
    return key
  })
  expect(() => ask('a', '1')).toThrow('not yet')
  broken = false
  expect(ask('a', '1')).toBe('1')
})

test('what is asked by a long text is answered and not remembered', () => {
  const { ask, computed } = counting(10)
  const long = 'x'.repeat(1000)
  for (const [group, key] of [
    [long, '1'],
    ['a', long],
  ] as const) {
    expect(ask(group, key)).toStrictEqual({ group, key })
    expect(ask(group, key)).toStrictEqual({ group, key })
  }
  expect(computed).toHaveLength(4)
})
