import { describe, expect, it } from 'vitest'
import { visitNear } from '../../src/readmodel/near.ts'

describe('visiting what is far away', () => {
  it.each([0, 1, 64, 65, 1000])('visits %i things, each once and in their order', (count) => {
    const things = Array.from({ length: count }, (_, number) => `thing ${number}`)
    const touched: string[] = []
    const visited: [string, number][] = []
    visitNear(
      things,
      (thing) => touched.push(thing),
      (thing, index) => {
        expect(touched).toContain(thing)
        visited.push([thing, index])
      },
    )
    expect(visited).toEqual(things.map((thing, index) => [thing, index]))
    expect(touched).toEqual(things)
  })
})
