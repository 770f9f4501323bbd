import { expect, test } from 'vitest'
import { createPace, inWords } from '../../src/readmodel/pace.ts'

test('what is made is told with its rate and the time left, once there is one', () => {
  let now = 0
  const pace = createPace(() => now)
  const reach = (events: number, share: number) => pace({ position: 0, head: 9000, events, share })
  expect(inWords(null, 9000)).toBe('position 0 of 9000')
  expect(inWords(reach(0, 0), 9000)).toBe('position 0 of 9000')
  now = 2000
  const come = reach(4000, 0.4)
  expect(come).toMatchObject({ position: 0, share: 0.4, eventsPerSecond: 2000, secondsLeft: 3 })
  expect(inWords(come, 9000)).toBe('40 % of it, 2,000 events a second, about 3 s to go')
})
