import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomUUIDv7 } from 'node:crypto'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { EventLog } from '../../src/log/log.ts'
import { oneByOne } from '../../src/log/one-by-one.ts'
import { openEnd, type Opened } from '../../src/cli/end.ts'
import { settingsSchema } from '../../src/config.ts'
import { type Copied, copyLedger, type End, type Step } from '../../src/ledger/copy.ts'
import type { Event, NewEvent } from '../../src/vocabulary/envelope.ts'
import { draft as bare } from '../contract/draft.ts'
import { log as history } from '../properties/log.ts'
import { type StandIn, startStandIn } from '../stand-in/server.ts'

let standIn: StandIn
beforeAll(async () => {
  standIn = await startStandIn({ isShared: true })
})
afterAll(() => standIn.close())

/** An event that is one in all of its fields. */
const draft: typeof bare = (stream, fields) => {
  const at = '2024-01-08T00:00:00.000Z'
  return bare(stream, { when: { text: null, zone: null, earliest: at, latest: at }, ...fields })
}

const clock = () => '2026-01-01T00:00:00.000Z'
let ledgers = 0

/** Opens ledgers of its own, files and such on the stand-in, until `close`. */
const folder = () => {
  const path = mkdtempSync(join(tmpdir(), 'crisis-ledger-'))
  const closing: (() => Promise<void>)[] = []
  const settings = settingsSchema.parse({ LEDGER_DATA: path })
  const opened = async (log: string, name: string): Promise<Opened['end']> => {
    const { end, close } = await openEnd({ log, name }, settings, { clock, isSource: false })
    closing.push(close)
    return end
  }
  return {
    path,
    file: () => opened(`sqlite:${join(path, `${ledgers++}.db`)}`, 'ledger'),
    server: (name = `ledger-${ledgers++}`) => opened(standIn.url, name),
    close: async () => {
      for (const close of closing) await close()
      rmSync(path, { recursive: true, force: true })
    },
  }
}

const place = () => {
  const at = folder()
  onTestFinished(at.close)
  return at
}

/** Appends events, one by one and in their order, to a log that has none of their streams. */
const fill = async ({ log }: Pick<End, 'log'>, events: readonly NewEvent[]): Promise<void> => {
  const revisions = new Map<string, number>()
  for (const event of events) {
    const revision = revisions.get(event.stream)
    await log.append(event.stream, [event], revision ?? 'no_stream')
    revisions.set(event.stream, (revision ?? -1) + 1)
  }
}

const eventsOf = ({ events }: Pick<End, 'events'>): object[] =>
  [...events.rows()].map(({ text }) => JSON.parse(text) as object)

const copied = async (from: End, to: End): Promise<Copied> => {
  for await (const step of copyLedger(from, to)) if ('done' in step) return step
  throw new Error('A copy ended without a word.')
}

/** The first so many steps of a copy, which is broken off then. */
const brokenOff = async (from: End, to: End, steps: number): Promise<Step[]> => {
  const told: Step[] = []
  const breaking = new AbortController()
  const copying = async () => {
    for await (const step of copyLedger(from, to, breaking.signal)) {
      if (!('done' in step)) told.push(step)
      if (told.length >= steps) breaking.abort()
    }
  }
  await copying().catch((error: Error) => expect(error.message).toMatch(/^The copy was broken off/))
  return told
}

/** An end whose appends come one after another, are kept, and wait for what comes before them. */
const watched = (end: End, before: (number: number) => Promise<unknown> = async () => {}) => {
  const appends: (readonly NewEvent[])[] = []
  const append: EventLog['append'] = async (stream, events, expected) => {
    appends.push(events)
    await before(appends.length)
    return end.log.append(stream, events, expected)
  }
  const watching: End = {
    ...end,
    together: 1,
    log: { head: () => end.log.head(), append, appendAll: oneByOne(append) },
  }
  return { end: watching, appends }
}

/** Ids of random histories are short: each is made a UUID, everywhere it is named. */
const withIds = (events: readonly Event[]): NewEvent[] =>
  events.map((event) => {
    const text = JSON.stringify(event).replaceAll(
      /018f0000-0000-(7000-8000-\d{12})-(\d)/g,
      (_, end: string, number: string) => `018f0000-000${number}-${end}`,
    )
    const { revision: _revision, position: _position, ...given } = JSON.parse(text) as Event
    return given
  })

test('random histories that are copied to a server, broken off and copied on, and copied back are equal', async () => {
  await fc.assert(
    fc.asyncProperty(history({ maxLength: 8 }), fc.nat(6), async ({ events }, steps) => {
      const at = folder()
      try {
        const [first, server, back] = [await at.file(), await at.server(), await at.file()]
        await fill(first, withIds(events))
        await brokenOff(first, server, steps)
        const { there, copied: given, events: all } = await copied(first, server)
        expect([there + given, all]).toStrictEqual([events.length, events.length])
        await copied(server, back)
        expect(eventsOf(server)).toStrictEqual(eventsOf(first))
        expect([...back.events.rows()]).toStrictEqual([...first.events.rows()])
      } finally {
        await at.close()
      }
    }),
    { numRuns: 25 },
  )
}, 120_000)

describe('a copy', () => {
  test('says what is no event of a ledger and was left out, also when it was before', async () => {
    const at = place()
    const name = 'with-a-stranger'
    const id = randomUUIDv7()
    const [first, second] = [await at.server(name), await at.file()]
    const { data, ...none } = { ...draft('fugitive-a'), id }
    await standIn.database.append(
      `${name}.fugitive-a`,
      [
        {
          id,
          type: none.type,
          contentType: 'application/json',
          data: Buffer.from(JSON.stringify(none)),
          metadata: Buffer.from(JSON.stringify({ recordedAt: '2024-01-09T05:00:00.000Z' })),
        },
      ],
      'any',
    )
    await fill(first, [draft('fugitive-b', { data })])
    for (const there of [0, 1])
      expect(await copied(first, second)).toMatchObject({
        events: 1,
        there,
        leftOut: [{ position: expect.any(Number) as number, why: expect.stringContaining(id) as string }],
      })
  })

  test('keeps ids, keys, who recorded, when, where it was restored from, and what is not known here', async () => {
    const at = place()
    const [first, server, back] = [await at.file(), await at.server(), await at.file()]
    const strange = draft('fugitive-a', {
      type: 'SomethingOfALaterVersion',
      schemaVersion: 7,
      key: 'k',
      recordedBy: 'Nachtdienst ☾',
      recordedAt: '2024-01-09T05:00:00.000Z',
      restored: { at: '2025-01-01T00:00:00.000Z', from: 'backup.ndjson' },
      data: { nested: { list: [1, 2.5, null, 'ñ'] } },
    })
    await fill(first, [strange, draft('fugitive-a', { recordedAt: '2024-01-09T05:00:00.000Z' })])
    await copied(first, server)
    await copied(server, back)
    for (const end of [server, back]) {
      expect(eventsOf(end)[0]).toStrictEqual({ ...strange, revision: 0 })
      expect(eventsOf(end)).toStrictEqual(eventsOf(first))
    }
  })

  test('appends together what follows each other in a stream, and no more than an append holds', async () => {
    const at = place()
    const [first, server] = [await at.file(), await at.server()]
    const long = (stream: string) => draft(stream, { note: 'x'.repeat(200_000) })
    const [a, b] = [
      ['a', 'a', 'b', 'a'].map((id) => draft(`fugitive-${id}`)),
      Array.from({ length: 7 }, () => long('fugitive-c')),
    ]
    await fill(first, [...a, ...b])
    const { end, appends } = watched(server)
    expect(await copied(first, end)).toMatchObject({ events: 11, there: 0, copied: 11 })
    expect(appends.map(({ length }) => length)).toStrictEqual([2, 1, 1, 5, 2])
    expect(eventsOf(server)).toStrictEqual(eventsOf(first))
  })

  test('of what was copied before adds nothing', async () => {
    const at = place()
    const [first, server] = [await at.file(), await at.server()]
    await fill(first, [draft('fugitive-a'), draft('fugitive-b')])
    expect(await copied(first, server)).toMatchObject({ there: 0, copied: 2 })
    const { end, appends } = watched(server)
    expect(await copied(first, end)).toMatchObject({ there: 2, copied: 0 })
    expect(appends).toStrictEqual([])
  })

  test('tells how far it is', async () => {
    const at = place()
    const [first, server] = [await at.file(), await at.server()]
    await fill(first, [draft('fugitive-a'), draft('fugitive-b'), draft('fugitive-c')])
    expect(await brokenOff(first, server, 2)).toStrictEqual(
      [1, 2].map((position) => ({ phase: 'copying', end: first.name, position, head: 3, events: position })),
    )
  })
})

describe('a copy is refused', () => {
  test('before anything is written that is no event', async () => {
    const at = place()
    const [first, server] = [await at.file(), await at.server('refusing')]
    await fill(first, [draft('fugitive-a'), bare('fugitive-a')])
    await expect(copied(first, server)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/is no event of a ledger \(\/when: is required\)/) as string,
    })
    expect(standIn.database.rows.filter(({ stream }) => stream.startsWith('refusing.'))).toStrictEqual([])
  })

  const filled = async (at: ReturnType<typeof place>) => {
    const first = await at.file()
    await fill(
      first,
      ['a', 'b', 'a'].map((id) => draft(`fugitive-${id}`)),
    )
    return first
  }

  test('by a target whose event is the same by its id alone', async () => {
    const at = place()
    const [first, other] = [await at.file(), await at.file()]
    const event = draft('fugitive-a', { recordedAt: '2024-01-09T05:00:00.000Z' })
    await fill(first, [event])
    await fill(other, [{ ...event, recordedBy: 'another' }])
    const { end, appends } = watched(other)
    await expect(copied(first, end)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(
        /at position 1 the event \S+ of fugitive-a \(position 1\) of sqlite:\S+ otherwise\. Copy to/,
      ),
    })
    expect(appends).toStrictEqual([])
  })

  test('by a target that has gone on since', async () => {
    const at = place()
    const [first, other] = [await filled(at), await at.file()]
    await copied(first, other)
    const { id } = (await other.log.append('fugitive-z', [draft('fugitive-z')], 'no_stream')).events[0]!
    await expect(copied(first, other)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining(
        `goes on where ${first.name} ends: at position 4 with the event ${id} of fugitive-z`,
      ),
    })
  })

  test.each([
    [
      'another stream of the target',
      'fugitive-z',
      /^The event \S+ of fugitive-z was written to esdb:\S+ \(\S+\) meanwhile, and nothing else may/,
    ],
    [
      'the stream that is copied',
      'fugitive-b',
      /does not take what comes next, as if somebody else had written there: The stream fugitive-b is at revision 0, and no stream/,
    ],
  ])('when somebody else writes to %s meanwhile', async (_, stream, message) => {
    const at = place()
    const first = await filled(at)
    const [server, elsewhere] = [await at.server('shared-' + stream), place()]
    const stranger = await elsewhere.server('shared-' + stream)
    const { end } = watched(server, async (number) => {
      if (number === 2) await stranger.log.append(stream, [draft(stream)], 'no_stream')
    })
    await expect(copied(first, end)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(message),
    })
  })

  test('when somebody else writes to the source meanwhile, although what there was is copied', async () => {
    const at = place()
    const [server, target] = [await at.server('source'), await at.file()]
    await fill(server, [draft('fugitive-a'), draft('fugitive-b')])
    const stranger = await place().server('source')
    const { end } = watched(target, async (number) => {
      if (number === 1) await stranger.log.append('fugitive-z', [draft('fugitive-z')], 'no_stream')
    })
    await expect(copied(server, end)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(
        /was written to esdb:\S+ \(source\) meanwhile, and nothing else may write/,
      ),
    })
    expect(eventsOf(end)).toHaveLength(2)
  })

  test('where events of an end do not come, and says why', async () => {
    const at = place()
    const first = await at.file()
    const behind: End = {
      ...first,
      log: { ...first.log, head: async () => 5 },
      names: () => Promise.resolve([]),
      leftOut: () => [],
      trouble: () => 'It was not written by a ledger.',
    }
    await expect(copied(behind, await at.file())).rejects.toMatchObject({
      code: 'unavailable',
      message: `${first.name} has events up to position 5, and those after 0 do not come (It was not written by a ledger.)`,
    })
  })

  test('by a log that cannot be read, with the way to learn more', async () => {
    const at = place()
    const first = await at.file()
    const rows = function* () {
      yield { id: '', stream: 'fugitive-a', revision: 0, position: 0, recordedAt: '', text: '{' }
    }
    const damaged: End = { ...first, events: { rows, after: () => [], head: () => 1 } }
    await expect(copied(damaged, await at.file())).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringMatching(
        /^The event at position 0 of sqlite:\S+ cannot be read: crisis-ledger verify/,
      ),
    })
  })
})
