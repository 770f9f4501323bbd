import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Projections } from '../../src/http/projections.ts'
import { changeStates, fillLog, signStates } from '../readmodel/filled.ts'
import { jsonLines, line, place, type Place, restoreExample, serve, template } from './command.ts'

const exampleLedger = template(restoreExample)

type Told = { position: number; head: number; done?: true; lastError?: string | null; findings?: number }

const readModels = (at: Place): string[] =>
  readdirSync(at.folder).filter((name) => /readmodel-\d\.db$/.test(name))

/** The position a read model's file has reached. */
const reached = (file: string): number => {
  if (!existsSync(file)) return 0
  try {
    using database = new DatabaseSync(file, { readOnly: true })
    return (
      (database.prepare('SELECT position FROM checkpoint').get()?.['position'] as number | undefined) ?? 0
    )
  } catch {
    return 0
  }
}

const longLog = template(async (at) => fillLog(at.folder, 49_000))
const longLedger = template(async (at) => {
  fillLog(at.folder, 49_000)
  await at.run(['ask', 'incidents'])
})

describe('rebuild', () => {
  test('makes the read model anew in another file, where nobody serves the ledger', async () => {
    const at = await exampleLedger()
    expect(readModels(at)).toStrictEqual(['ledger.readmodel-1.db'])
    const { code, stdout } = await at.run(['rebuild'])
    expect([code, stdout]).toStrictEqual([0, 'The read model was made anew, up to position 122.\n'])
    expect(readModels(at)).toStrictEqual(['ledger.readmodel-2.db'])
  })

  test('asks the service that serves it, and follows what it does', async () => {
    const at = await exampleLedger()
    const served = await serve(at)
    const refused = await at.run(['rebuild'])
    expect([refused.code, refused.stderr]).toStrictEqual([1, expect.stringContaining(`--url ${served.url}`)])
    const { code, stdout } = await at.run(['rebuild', '--json', '--url', served.url])
    const lines = jsonLines<Told>(stdout)
    expect(code).toBe(0)
    expect(lines.pop()).toStrictEqual({ done: true, position: 122, lastError: null })
    expect(lines[0]).toStrictEqual({
      position: 0,
      head: 122,
      share: 0,
      eventsPerSecond: null,
      secondsLeft: null,
    })
    expect(readModels(at)).toStrictEqual(['ledger.readmodel-2.db'])
    await served.stop()
  })

  test('that fails says why', async () => {
    const at = await exampleLedger()
    const served = await serve(at)
    // What is beside cannot be made where there is a folder.
    mkdirSync(at.path('ledger.readmodel-2.db'))
    const { code, stderr } = await at.run(['rebuild', '--url', served.url])
    expect([code, stderr]).toStrictEqual([
      1,
      expect.stringMatching(/^crisis-ledger: .*ledger\.readmodel-2\.db.*\n$/),
    ])
    const asked = await at.run(['ask', 'actors', '--url', served.url])
    expect(asked.code).toBe(0)
    await served.stop()
  })

  test.each(['SIGKILL', 'SIGINT'] as const)(
    'that %s breaks off is gone on with from what is on the disk',
    async (signal) => {
      const at = await longLedger()
      expect(readModels(at)).toStrictEqual(['ledger.readmodel-2.db'])
      const beside = at.path('ledger.readmodel-1.db')
      const child = at.start(['rebuild', '--json'])
      child.stdout.resume()
      while (reached(beside) === 0) await pause(5)
      child.kill(signal)
      const [code] = (await once(child, 'close')) as [number | null]
      expect(code).toBe(signal === 'SIGINT' ? 130 : null)
      const stopped = reached(beside)
      expect(stopped).toBeLessThan(49_000)
      const again = jsonLines<Told>((await at.run(['rebuild', '--json'])).stdout)
      expect(again[0]).toMatchObject({ position: stopped, head: 49_000 })
      expect(again.at(-1)).toStrictEqual({ done: true, position: 49_000, lastError: null })
      expect(readModels(at)).toStrictEqual(['ledger.readmodel-1.db'])
    },
    120_000,
  )
})

test('the first answers are gone on with from what a kill left on the disk, and are as they should be', async () => {
  const at = await longLog()
  const beside = at.path('ledger.readmodel-2.db')
  const child = at.start(['ask', 'incidents'])
  while (reached(beside) === 0) await pause(5)
  child.kill('SIGKILL')
  await once(child, 'close')
  const stopped = reached(beside)
  expect(stopped).toBeLessThan(49_000)
  fillLog(at.folder, 10)

  const served = await serve(at)
  const first = (await (await fetch(`${served.url}/v1/projections`)).json()) as Projections
  expect(first.progress?.position ?? first.position).toBeGreaterThanOrEqual(stopped)
  expect((await at.run(['rebuild', '--url', served.url])).code).toBe(0)
  await served.stop()
  const verified = await at.run(['verify-read-model', '--sample', '100'])
  expect([verified.code, verified.stdout]).toStrictEqual([0, expect.stringMatching(/compared: no findings/)])
}, 120_000)

describe('verify-read-model', () => {
  test('finds nothing in what was made from the log, and says what it compared', async () => {
    const at = await exampleLedger()
    for (const [args, told] of [
      [[], '44 entities and 132 lists compared: no findings\n'],
      [['--all'], '44 entities and 132 lists compared: no findings\n'],
      [['--sample', '1'], '1 entities and 132 lists compared: no findings\n'],
    ] as const) {
      const { code, stdout } = await at.run(['verify-read-model', ...args])
      expect([code, stdout]).toStrictEqual([0, told])
    }
  })

  test('finds what is otherwise than the events make it, and rebuild mends that', async () => {
    const at = await exampleLedger()
    const file = at.path('ledger.readmodel-1.db')
    changeStates(file, (text) => {
      const place = text.indexOf('"status":"at_large"')
      if (place >= 0) text.write('"status":"captured"', place)
    })
    signStates(file)
    const database = new DatabaseSync(file)
    const words = database.prepare("SELECT start, data FROM pieces WHERE name = 'word'").all()
    const put = database.prepare("UPDATE pieces SET data = ?, crc = ? WHERE name = 'word' AND start = ?")
    for (const { start, data } of words as { start: number; data: Uint8Array }[]) {
      const changed = Buffer.from(Buffer.from(data).toString().replace('"riobamba"', '"riobambo"'))
      put.run(changed, crc32(changed), start)
    }
    database.close()

    const { code, stdout } = await at.run(['verify-read-model', '--all'])
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /^fugitive-\S+, known at position \d+: has the version .*captured.* in place of .*at_large/m,
    )
    expect(stdout).toMatch(/is not found by "riobamba", which is said of it$/m)
    expect(stdout).toMatch(/: \d+ findings; crisis-ledger rebuild makes the read model anew$/m)
    const json = jsonLines<Told>((await at.run(['verify-read-model', '--all', '--json'])).stdout)
    expect(json.at(-1)).toMatchObject({ done: true, position: 122, head: 122, findings: json.length - 1 })

    expect((await at.run(['rebuild'])).code).toBe(0)
    expect((await at.run(['verify-read-model', '--all'])).code).toBe(0)
  })

  test('says that a file is damaged or of another log, or that there is none, and changes nothing', async () => {
    const at = await exampleLedger()
    const file = at.path('ledger.readmodel-1.db')
    const database = new DatabaseSync(file)
    database.exec("DELETE FROM pieces WHERE name = 'rectangle.opened'")
    database.close()
    for (let times = 0; times < 2; times++) {
      const { code, stdout } = await at.run(['verify-read-model'])
      expect([code, stdout]).toStrictEqual([
        1,
        expect.stringMatching(
          /^the file, known at position 0: .*the read model is damaged at rectangle\.opened\.\n.* 1 findings;/,
        ),
      ])
    }
    rmSync(file)
    const none = await at.run(['verify-read-model'])
    expect([none.code, none.stdout]).toStrictEqual([
      0,
      'there is no read model: the next start makes it from the log\n',
    ])
  })

  test('says so where a kill came before anything was in the file', async () => {
    const at = place()
    const served = await serve(at)
    const lines = at.file('lines.ndjson', [
      line('actor', 'fito', 'describe', { type: 'person', name: 'Fito' }),
    ])
    const imported = await at.run(['import', lines, '--url', served.url])
    expect(imported.code).toBe(0)
    await served.stop('SIGKILL')
    const { code, stdout } = await at.run(['verify-read-model'])
    expect([code, stdout]).toStrictEqual([
      0,
      "nothing was compared: the read model's file has none of 1 events yet. A service brings it up to them when it is stopped\n",
    ])
  })

  test('is refused where the ledger is served', async () => {
    const at = await exampleLedger()
    const served = await serve(at)
    const { code, stderr } = await at.run(['verify-read-model'])
    expect([code, stderr]).toStrictEqual([1, expect.stringContaining(`serves it at ${served.url}`)])
    await served.stop()
  })
})
