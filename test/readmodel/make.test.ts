import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { projections } from '../../projections/index.ts'
import { openEvents } from '../../src/log/events.ts'
import type { Purpose } from '../../src/log/file.ts'
import type { Core } from '../../src/readmodel/core.ts'
import { examination } from '../../src/readmodel/examination.ts'
import { fingerprint } from '../../src/readmodel/fingerprint.ts'
import { removeReadModel, stateFileOf } from '../../src/readmodel/files.ts'
import { make, makingLimits } from '../../src/readmodel/make.ts'
import type { Opened } from '../../src/main.ts'
import type { Reach } from '../../src/readmodel/pace.ts'
import type { PartOrder } from '../../src/readmodel/order.ts'
import { makePart, partFingerprint, type PartReach } from '../../src/readmodel/part.ts'
import { filesBeside, openCore, reachOf, readCore } from '../../src/readmodel/store.ts'
import { wordsSaid } from './said.ts'
import { answersOf, fill, folder, get, openIn } from './filled.ts'

const made = fingerprint()
const head = 600
const all = { events: head, bytes: 2 ** 20 }

/** A folder with a log of all kinds, and no read model. */
const filled = async (): Promise<string> => {
  const path = folder()
  const opened = await openIn(path)
  await fill(opened, head - 1, 3)
  await tellMuch(opened)
  await opened.close()
  const log = join(path, 'ledger.db')
  for (const file of filesBeside(log)) removeReadModel(file)
  return log
}

/** Records of one thing more words than a wording has bits of its own. */
const tellMuch = async ({ app }: Opened): Promise<void> => {
  const response = await app.request('/v1/statements/much/make', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      source: { publisher: 'Ministry', medium: 'press' },
      data: { speaker: 'Ana', text: Array.from({ length: 100 }, (_, word) => `much${word}`).join(' ') },
    }),
  })
  expect(response.status).toBe(201)
}

/** The events of a log as a replica of a server's has them, at positions that are large and far apart. */
const replicaOf = (log: string): string => {
  const path = join(log, '..', 'replica.db')
  const [from, to] = [openEvents(log, 'log', 'read'), openEvents(path, 'replica')]
  to.commit(() => {
    for (const row of from.rows()) to.insert({ ...row, position: 2 ** 33 + row.position ** 2 })
  })
  from.close()
  to.close()
  return path
}

const makeIn = async (
  log: string,
  path: string,
  parts: number,
  purpose: Purpose = 'log',
): Promise<Reach[]> => {
  const told: Reach[] = []
  await make({ log, purpose, path, fingerprint: made, parts }, (reach) => told.push(reach))
  return told
}

/** All that is kept, whatever its numbers are. */
const toldBy = ({ tables }: Core) => {
  const { timeline, registry, contents, rectangles, states } = tables
  const textOf = (number: number) => states.texts([number]).get(number)
  const versions = Array.from({ length: rectangles.length() }, (_, one) => {
    const { states: numbers, wordings: said, ...marks } = contents.of(rectangles.content(one))
    const words = said.map((wording) => wordsSaid(tables, rectangles.entity(one), wording))
    const shape = contents.shape(contents.shapeOf(rectangles.content(one)))
    const [known, until] = [rectangles.since(one), rectangles.until(one)]
    const where = [rectangles.from(one), rectangles.to(one), known, until]
    return {
      entity: rectangles.entity(one),
      version: JSON.stringify([where, numbers.map(textOf), words, marks, shape]),
    }
  })
  const ofEntity = Map.groupBy(versions, (one) => one.entity)
  const { values: positions, length } = timeline.columns.position
  return {
    positions: [...positions.subarray(0, length)],
    entities: Array.from({ length: registry.length() }, (_, number) => number)
      .map((number) => ({
        stream: registry.stream(number),
        reality: registry.reality(number),
        events: [...registry.events(number)],
        crises: Array.from({ length }, (_, count) => registry.crisesOf(number, count + 1).text),
        versions: (ofEntity.get(number) ?? []).map(({ version }) => version).toSorted(),
      }))
      .toSorted((one, other) => (one.stream < other.stream ? -1 : 1)),
  }
}

describe('a read model that is made in parts', () => {
  test.each<[Purpose, (log: string) => string]>([
    ['log', (log) => log],
    ['replica', replicaOf],
  ])('is the one that is made at once, but for its numbers, from a %s', async (purpose, logOf) => {
    const log = logOf(await filled())
    const [one, other] = filesBeside(log)
    await makeIn(log, one, 1, purpose)
    await makeIn(log, other, 3, purpose)
    const events = openEvents(log, purpose, 'read')
    const [whole, joined] = [one, other].map((path) => readCore(path, events, made)) as [Core, Core]
    expect(toldBy(joined)).toStrictEqual(toldBy(whole))
    expect([...examination(joined, events, 'all', Math.random)].flatMap(({ found }) => found)).toStrictEqual(
      [],
    )
    for (const word of ['much9', 'much99', 'policia', 'm', 'other'])
      for (const projection of projections) {
        const [here, there] = [joined, whole].map((core) =>
          core.list(
            projection,
            { asOf: core.newest()!, position: core.position() },
            { status: 'any', reality: 'actual', words: [word] },
            { after: null, limit: head },
          ),
        )
        expect(here).toStrictEqual(there)
        if (projection.kind.name === 'statement' && word.startsWith('m')) expect(here!.rows).toHaveLength(1)
      }
    await Promise.all([whole.close(), joined.close()])
    events.close()
  })

  test('takes what comes after like any other, and leaves no parts behind', async () => {
    const log = await filled()
    const [path] = filesBeside(log)
    await makeIn(log, path, 2)
    const opened = await openIn(join(log, '..'))
    await fill(opened, 50, 4)
    const answers = await answersOf(opened, head)
    const { text } = await get(opened, '/v1/projections')
    expect((JSON.parse(text) as { lastError: string | null }).lastError).toBeNull()
    await opened.close()
    for (const file of filesBeside(log)) removeReadModel(file)
    await makeIn(log, path, 1)
    const again = await openIn(join(log, '..'))
    expect(await answersOf(again, head)).toStrictEqual(answers)
    await again.close()
    expect(readdirSync(join(log, '..')).filter((name) => name.includes('part'))).toStrictEqual([])
  })

  test('goes on with each part where it was broken off', async () => {
    const log = await filled()
    const [path] = filesBeside(log)
    const events = openEvents(log, 'log', 'read')
    const shares = [0, 1].map((index) => ({ index, of: 2 }))
    for (const share of shares) {
      const part = openCore(path, events, partFingerprint(made, share), makingLimits, share.index)
      part.take(events.shared(share, 0, share.index === 0 ? 200 : 450, all))
      await part.close()
    }
    const told = await makeIn(log, path, 2)
    expect(told.every(({ position }) => position >= 200)).toBe(true)
    expect(told.at(-1)).toStrictEqual({ position: head, head, events: head, share: 1 })
    const core = readCore(path, events, made)
    expect([...examination(core, events, 'all', Math.random)].flatMap(({ found }) => found)).toStrictEqual([])
    await core.close()
    events.close()
  })

  test('is the same where events and states take more memory than they may, and a part is broken off', async () => {
    const log = await filled()
    const [path, beside] = filesBeside(log)
    const most = { events: 75, bytes: 75 * 700, waiting: 20_000 }
    const order = { log, purpose: 'log', path, fingerprint: made, upTo: head } as const
    const [first, second] = [0, 1].map((index): PartOrder => ({ ...order, share: { index, of: 2 } }))
    const events = openEvents(log, 'log', 'read')
    const reachedBy = ({ share }: PartOrder) =>
      reachOf(path, events, partFingerprint(made, share), share.index)

    const told: PartReach[] = []
    await makePart(first!, { told: (reach) => void told.push(reach), made: () => undefined }, most)
    expect(new Set(told.map(({ position }) => position)).size).toBe(Math.ceil(told.at(-1)!.events / 75) + 1)
    const isBroken = makePart(
      second!,
      {
        told: ({ position }) => {
          if (position > 300) throw new Error('broken off')
        },
        made: () => undefined,
      },
      most,
    )
    await expect(isBroken).rejects.toThrow('broken off')
    // All states of what was taken are on the disk by now, and some of them belong to nothing yet.
    expect(statSync(stateFileOf(path, 1)).size).toBeGreaterThan(100_000)
    expect(reachedBy(second!)).toBeLessThan(head)
    await makePart(second!, { told: () => undefined, made: () => undefined }, most)
    await makeIn(log, path, 2)
    await makeIn(log, beside, 1)
    const [joined, whole] = [path, beside].map((file) => readCore(file, events, made)) as [Core, Core]
    expect(toldBy(joined)).toStrictEqual(toldBy(whole))
    expect([...examination(joined, events, 'all', Math.random)].flatMap(({ found }) => found)).toStrictEqual(
      [],
    )
    await Promise.all([whole.close(), joined.close()])
    events.close()
  })

  test('makes anew a part that was made of another share', async () => {
    const log = await filled()
    const [path] = filesBeside(log)
    const events = openEvents(log, 'log', 'read')
    const share = { index: 1, of: 3 }
    const part = openCore(path, events, partFingerprint(made, share), makingLimits, share.index)
    part.take(events.shared(share, 0, 300, all))
    await part.close()
    await makeIn(log, path, 2)
    const core = readCore(path, events, made)
    expect([...examination(core, events, 'all', Math.random)].flatMap(({ found }) => found)).toStrictEqual([])
    await core.close()
    events.close()
    expect(existsSync(path)).toBe(true)
  })
})
