import { expect, test } from 'vitest'
import type { View } from '../../src/ledger/draft.ts'
import { createTrial } from '../../src/ledger/trial.ts'
import { entityOf } from '../../src/answer/entity.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { recorded } from '../given.ts'

test('what is supposed outlives a rest, behind what was recorded meanwhile, and is not there twice', () => {
  const [first, second, third] = recorded('emergency', [
    ['declare', '2024-01-01', { type: 'curfew' }],
    ['extend', '2024-01-02', { until: '2024-02-01' }],
    ['lift', '2024-01-03'],
  ]).map((event, index): Event => ({ ...event, key: `k${index}` })) as [Event, Event, Event]
  let known: Event[] = []
  const view: View = {
    entity: () => (known.length > 0 ? entityOf(known) : undefined),
    event: () => undefined,
  }
  const trial = createTrial(view)
  trial.add(entityOf([first]))
  trial.add(entityOf([first, second]))
  trial.rest()
  const keys = () => trial.view.entity(first.stream)?.events.map(({ key, revision }) => [key, revision])
  expect(keys()).toStrictEqual([
    ['k0', 0],
    ['k1', 1],
  ])
  known = [first, { ...third, revision: 1 }]
  trial.rest()
  expect(keys()).toStrictEqual([
    ['k0', 0],
    ['k2', 1],
    ['k1', 2],
  ])
  expect(trial.view.event(`${first.stream}#k1`)?.id).toBe(second.id)
  trial.close()
})
