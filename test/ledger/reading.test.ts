import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { isLedgerError } from '../../src/errors.ts'
import type { ParsedCommand } from '../../src/ledger/command.ts'
import { commands } from '../../src/ledger/commands.ts'
import type { Form } from '../../src/ledger/form.ts'
import { type Read, readLine } from '../../src/ledger/line.ts'
import { type Line, lineLimit, linesOf } from '../../src/ledger/lines.ts'
import { type Past, past } from '../../src/ledger/past.ts'
import { readingOf } from '../../src/ledger/reading.ts'

const source = { publisher: 'Ministerio de Gobierno', medium: 'official_statement' }
const report = (number: number) => ({
  kind: 'incident',
  id: `inc-${number}`,
  command: 'report',
  when: '2024-01-08',
  zone: 'America/Guayaquil',
  source,
  note: 'á🜁'.repeat(200),
  data: { type: 'riot', title: `Motín ${number}`, '10': 1, ...(number % 7 > 0 && { '10': undefined }) },
})
const corroborate = (number: number) => ({
  command: 'corroborate',
  source,
  data: { eventId: `incident-inc-${number}#a` },
})

/** Lines of all kinds: some without fault, each fault there is, and more than is read without a thread. */
const texts = Array.from({ length: 6_000 }, (_, number) => {
  if (number % 50 === 1) return JSON.stringify(corroborate(number))
  if (number % 500 === 2) return '{"kind"'
  if (number % 500 === 3) return ''
  if (number % 500 === 4) return '"\\ud800"'
  if (number === 3_005 || number === 5) return 'x'.repeat(lineLimit + 1)
  return JSON.stringify(report(number))
})
const wellFormed = new TextEncoder().encode(texts.join('\n'))
const whole = Buffer.concat([wellFormed, Buffer.from([0x0a, 0xff, 0x0a]), wellFormed.subarray(0, 9_000)])

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) {
    const piece = Buffer.from(bytes.subarray(start, start + size))
    yield piece
    // Whoever gives pieces may use their memory again.
    piece.fill(0)
    await wait(0)
  }
}

const shownCommand = (command: ParsedCommand) =>
  command.meta === null ? { ...command, body: { ...command.body, data: {} } } : command

const shown = (one: Read<ParsedCommand | Past>) => {
  if ('fault' in one) {
    const { fault } = one
    return isLedgerError(fault) ? [one.line, fault.code, fault.message, fault.members] : [one.line, fault]
  }
  const { item, ...rest } = one
  const said = item()
  if ('exported' in said) return [rest, said]
  return [rest, 'recordedAt' in said ? { ...said, command: shownCommand(said.command) } : shownCommand(said)]
}

const readHere = async (bytes: Uint8Array, form: Form<ParsedCommand | Past> = commands) => {
  const lines: Line[] = []
  for await (const line of linesOf(inPieces(bytes, 1_000_000))) lines.push(line)
  return lines.map((line) => shown(readLine(form, line)))
}

const read = async (pieces: AsyncIterable<Uint8Array>, form: Form<ParsedCommand | Past> = commands) => {
  const reads: unknown[] = []
  for await (const some of readingOf(pieces, form)) reads.push(...some.map(shown))
  return reads
}

const recordedAt = '2024-01-09T10:00:00.000Z'
const exported = (number: number) => ({
  revision: 0,
  recordedAt,
  id: `0176bb7f-931d-7000-8001-${String(number).padStart(12, '0')}`,
  type: number % 11 === 0 ? 'IncidentForetold' : 'IncidentReported',
  schemaVersion: 1,
  kind: number % 13 === 0 ? 'rumour' : 'incident',
  stream: `${number % 13 === 0 ? 'rumour' : 'incident'}-inc-${number}`,
  recordedBy: 'desk',
  reality: 'actual',
  when: { text: null, zone: null, earliest: recordedAt, latest: recordedAt },
  source,
  note: number % 17 === 0 ? 'NUL \0' : 'á🜁'.repeat(200),
  data: { type: 'riot', title: `Motín ${number}`, ...(number % 7 === 0 && { colour: 'red' }) },
})
/** Lines of a restore, of all kinds, with each fault there is. */
const ofThen = Buffer.from(
  Array.from({ length: 6_000 }, (_, number) => {
    if (number % 4 === 0)
      return JSON.stringify({ ...report(number), recordedAt: number % 8 === 0 ? recordedAt : 7 })
    if (number % 50 === 1) return JSON.stringify({ ...corroborate(number), recordedAt: '2024-02' })
    if (number % 50 === 2) return texts[number]!
    return JSON.stringify(exported(number))
  }).join('\n'),
)

describe('the reading of a file', () => {
  test.each([8_000, 65_536, 777_777])(
    'is the same in another thread, in pieces of %i bytes',
    async (size) => {
      expect(await read(inPieces(whole, size))).toStrictEqual(await readHere(whole))
    },
  )

  test('is the same in another thread for a restore', async () => {
    const form: Form<ParsedCommand | Past> = past
    const there = await read(inPieces(ofThen, 65_536), form)
    expect(there).toStrictEqual(await readHere(ofThen, form))
    const faults = there.filter((one) => typeof (one as unknown[])[1] === 'string')
    expect(faults.length).toBeGreaterThan(500)
    expect(there.length - faults.length).toBeGreaterThan(4000)
  })

  test('is the same for several at once', async () => {
    const expected = await readHere(whole)
    const all = await Promise.all([1, 2, 3].map(() => read(inPieces(whole, 65_536))))
    for (const one of all) expect(one).toStrictEqual(expected)
  })

  test('gives all that came before a file breaks off', async () => {
    const given: unknown[] = []
    const broken = async function* () {
      yield* inPieces(wellFormed, 65_536)
      throw new Error('It broke off.')
    }
    const reading = async () => {
      for await (const some of readingOf(broken(), commands)) given.push(...some.map(shown))
    }
    await expect(reading()).rejects.toThrow('It broke off.')
    expect(given).toStrictEqual((await readHere(wellFormed)).slice(0, given.length))
    expect(given.length).toBeGreaterThan(5_900)
  })

  test('gives what has come before more is waited for', async () => {
    const { promise: more, resolve } = Promise.withResolvers<void>()
    const halting = async function* () {
      yield* inPieces(wellFormed, 65_536)
      yield Buffer.from('\n')
      await more
    }
    const { length } = await readHere(wellFormed)
    let count = 0
    for await (const some of readingOf(halting(), commands)) {
      count += some.length
      if (count === length) resolve()
    }
    expect(count).toBe(length)
  })

  test('can be left', async () => {
    for (let times = 0; times < 2; times++) {
      let count = 0
      for await (const some of readingOf(inPieces(whole, 65_536), commands)) {
        count += some.length
        if (count > 4_000) break
      }
      expect(count).toBeGreaterThan(4_000)
    }
  })
})
