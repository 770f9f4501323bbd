import { expect, test } from 'vitest'
import { createPace, inWords } from '../../src/readmodel/pace.ts'

test('what is made is told with its rate and the time left, once there is one', () => {
  let now = 0
  const pace = createPace(() => now)
  const reach = (events: number, share: number) => pace({ position: 0, head: 9000, events, share })
  expect(inWords(null, 9000)).toBe('position 0 of 9000')
  expect(inWords(reach(0, 0), 9000)).toBe('position 0 of 9000')
  now = 2000
  expect(inWords(reach(4000, 0.4), 9000)).toBe('position 0 of 9000, 2,000 events a second, about 3 s to go')
})
