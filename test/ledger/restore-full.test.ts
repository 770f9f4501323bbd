import { describe, expect, test } from 'vitest'
import { LedgerError } from '../../src/errors.ts'
import type { EventLog, Outcome } from '../../src/log/log.ts'
import { openService, source } from '../service.ts'
import { restored } from './restoring.ts'

// Where a line could not be written, those after it must not be: they came later, and it could never be recorded before them.

const full = new LedgerError('unavailable', 'There is no space left: free some.')

/** Lines about things of their own, each recorded a second after the one before it. */
const linesOf = (count: number) =>
  Array.from({ length: count }, (_, number) => ({
    recordedAt: new Date(Date.UTC(2024, 0, 1) + number * 1000).toISOString(),
    kind: 'statement',
    id: `s${number}`,
    command: 'make',
    source,
    data: { text: 'Told', speaker: { name: 'Someone' } },
  }))

/** A log for which there is no space from some append on, and for so many commits. */
const fullAt = (log: EventLog, appends: number, times: number): EventLog => {
  let before = 0
  let left = times
  return {
    ...log,
    appendAll: async (asked) => {
      before += asked.length
      if (before < appends || left === 0) return log.appendAll(asked)
      left--
      return asked.map((): Outcome => ({ refused: full }))
    },
  }
}

describe.each([400, 1500, 5000])('a restore of %i lines for which there is no space', (count) => {
  test('tries nothing more, and goes on where it was broken off', async () => {
    await using service = await openService()
    const { parts } = service
    const lines = linesOf(count)
    const first = await restored({ ...parts, log: fullAt(parts.log, 300, 1) }, lines)
    const codes = first.map(({ problem }) => problem?.code)
    const at = codes.indexOf('unavailable')
    expect(at).toBeGreaterThanOrEqual(0)
    expect(new Set(codes.slice(0, at))).toStrictEqual(at === 0 ? new Set() : new Set([undefined]))
    expect(new Set(codes.slice(at))).toStrictEqual(new Set(['unavailable']))
    expect(first.at(-1)!.problem!.message).toMatch(
      count > 512 ? /not tried: restore the file again/ : full.message,
    )

    const again = await restored(parts, lines)
    expect(again.map(({ result }) => result)).toStrictEqual([
      ...Array<string>(at).fill('repeated'),
      ...Array<string>(count - at).fill('recorded'),
    ])
  }, 120_000)
})
