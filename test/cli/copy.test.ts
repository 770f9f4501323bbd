import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { readSettings } from '../../src/config.ts'
import { open, type Opened } from '../../src/main.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { type StandIn, startStandIn } from '../stand-in/server.ts'
import { jsonLines, line, type Place, place, restoreExample, serve, template } from './command.ts'
import { answer, demoQuestions, everyQuestion } from './questions.ts'

const exampleLedger = template(restoreExample)

const name = 'crisis-2024'

let standIn: StandIn
beforeEach(async () => {
  standIn = await startStandIn({ isShared: true })
  onTestFinished(() => standIn.close())
})

/** How many events of the ledger the server has. */
const written = (): number =>
  standIn.database.rows.filter(({ stream }) => stream.startsWith(`${name}.`)).length

const toServer = () => ['copy', '--to', standIn.url, '--to-name', name]
const fromServer = () => ['copy', '--from', standIn.url, '--from-name', name]
const toFile = (file: string) => [...fromServer(), '--to', `sqlite:${file}`]

const opened = async (settings: Record<string, string>): Promise<Opened> => {
  const ledger = await open(
    readSettings({ ...settings, LEDGER_ZONE: 'America/Guayaquil' }),
    pino({ level: 'silent' }),
  )
  onTestFinished(ledger.close)
  return ledger
}

describe('the example', () => {
  test('answers every question alike on a server, and copied back, and exports the same bytes', async () => {
    const at = await exampleLedger()
    const there = await at.run(toServer())
    expect(there.stdout).toMatch(
      /^122 events: 0 were there, 122 copied; newest position \d+\.\nBoth ends were compared: every event is equal but for its position\.\n$/,
    )
    expect(there.stderr).toMatch(
      /^sqlite:\S+ is copied to esdb:\S+ \(crisis-2024\)\. Nothing else may write to either until this ends\.\n$/,
    )
    expect([there.code, written()]).toStrictEqual([0, 122])
    const back = await at.run(toFile(at.path('back.db')))
    expect(back.stdout).toMatch(/^122 events: 0 were there, 122 copied; newest position 122\.\n/)

    const server = { LEDGER_LOG: standIn.url, LEDGER_NAME: name, LEDGER_DATA: at.path('data') }
    const again = { LEDGER_LOG: `sqlite:${at.path('back.db')}` }
    const original = await at.run(['export'])
    for (const env of [server, again])
      expect((await at.run(['export'], { env })).stdout).toBe(original.stdout)

    const first = await opened({ LEDGER_LOG: `sqlite:${at.path('ledger.db')}` })
    const others = [await opened(server), await opened(again)]
    const paths = [...demoQuestions(), ...everyQuestion(jsonLines<Event>(original.stdout))]
    for (const path of paths) {
      const expected = [path, await answer(first, path)]
      for (const other of others) expect([path, await answer(other, path)]).toStrictEqual(expected)
    }
  }, 120_000)

  const realServer = process.env['EVENTSTORE_URL']
  test.skipIf(realServer === undefined)(
    realServer ? 'goes to a real server and back' : 'on a real server (not run: EVENTSTORE_URL names none)',
    async () => {
      const at = await exampleLedger()
      // Nothing can be deleted there: every ledger has a name of its own.
      const server = { LEDGER_LOG: realServer!, LEDGER_NAME: `copy-${randomUUID()}` }
      const there = await at.run(['copy', '--from', `sqlite:${at.path('ledger.db')}`], { env: server })
      expect([there.code, there.stdout]).toStrictEqual([
        0,
        expect.stringMatching(/^122 events: 0 were there/),
      ])
      const back = await at.run(['copy', '--to', `sqlite:${at.path('back.db')}`], { env: server })
      expect([back.code, back.stdout]).toStrictEqual([0, expect.stringMatching(/^122 events: 0 were there/)])
      const original = await at.run(['export'])
      for (const env of [server, { LEDGER_LOG: `sqlite:${at.path('back.db')}` }])
        expect((await at.run(['export'], { env })).stdout).toBe(original.stdout)
    },
    120_000,
  )

  test('is copied on where a copy was killed', async () => {
    const at = await exampleLedger()
    standIn.faults.appends.push(...Array.from({ length: 60 }, () => ({ delay: 20 })))
    const child = at.start(toServer())
    while (written() < 10) await wait(5)
    child.kill('SIGKILL')
    await once(child, 'close')
    standIn.faults.appends.length = 0
    const there = written()
    expect(there).toBeLessThan(122)
    const { code, stdout } = await at.run([...toServer(), '--json'])
    const { done, events, copied, ...rest } = jsonLines<Record<string, number>>(stdout).at(-1)!
    // The append that was on its way may have come through.
    expect([there, there + 1]).toContain(rest['there'])
    expect([code, done, events, copied! + rest['there']!, written()]).toStrictEqual([0, true, 122, 122, 122])
  }, 60_000)

  test('is copied on where a copy was told to stop, which it tells', async () => {
    const at = await exampleLedger()
    standIn.faults.appends.push(...Array.from({ length: 60 }, () => ({ delay: 20 })))
    const child = at.start(toServer())
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    while (written() < 10) await wait(5)
    child.kill('SIGINT')
    expect(await once(child, 'close')).toStrictEqual([1, null])
    expect(said).toMatch(/^crisis-ledger: The copy was broken off: the same command goes on where it was\.$/m)
    expect(written()).toBeLessThan(122)
    expect((await at.run(toServer())).stdout).toMatch(/^122 events: \d\d were there, \d+ copied/)
  }, 60_000)

  test('is copied between two names of a server, and between files, as lines of JSON', async () => {
    const at = await exampleLedger()
    expect((await at.run([...toServer(), '--json'])).code).toBe(0)
    const other = await at.run([...fromServer(), '--to', standIn.url, '--to-name', 'second', '--json'])
    expect(jsonLines(other.stdout).at(-1)).toMatchObject({
      done: true,
      events: 122,
      copied: 122,
      compared: true,
    })
    const files = await at.run(['copy', '--to', `sqlite:${at.path('folder/second.db')}`, '--json'])
    expect(jsonLines(files.stdout)).toStrictEqual([
      {
        phase: 'copying',
        end: `sqlite:${at.path('ledger.db')}`,
        position: 122,
        head: 122,
        events: 122,
        eventsPerSecond: 0,
        secondsLeft: null,
      },
      { done: true, events: 122, there: 0, copied: 122, position: 122, leftOut: [], compared: true },
    ])
  }, 60_000)
})

describe('a copy is refused', () => {
  const refusal = async (at: Place, args: readonly string[]) => {
    const { code, stdout, stderr } = await at.run(args)
    expect([code, stdout]).toStrictEqual([1, ''])
    return stderr
  }

  test('where only one end, or the same twice, or nothing like a log is named', async () => {
    const at = place()
    expect(await refusal(at, ['copy'])).toMatch(/Name the other end: --from or --to/)
    expect(await refusal(at, ['copy', '--to', `sqlite:${at.path('./x/../ledger.db')}`])).toMatch(
      /the same ledger/,
    )
    const twice = ['--from', standIn.url, '--to', standIn.url]
    expect(await refusal(at, ['copy', ...twice])).toMatch(/Both ends are the same ledger/)
    expect(await refusal(at, ['copy', '--to', 'ledger.db'])).toMatch(
      /^crisis-ledger: --to must be sqlite:<path>/,
    )
    expect(await refusal(at, [...toServer().slice(0, 3), '--to-name', 'a.b'])).toMatch(
      /--to-name must be letters/,
    )
    expect(await refusal(at, ['copy', '--url', 'http://127.0.0.1:1', '--to', standIn.url])).toMatch(
      /copy works on the logs that --from and --to name: leave --url out/,
    )
  }, 60_000)

  test('where there is no source, of which none is made', async () => {
    const at = place()
    expect(await refusal(at, toServer())).toMatch(/There is no ledger at \S+: --from names one to copy/)
    expect(existsSync(at.path('ledger.db'))).toBe(false)
  })

  test('where the source is empty, as one is whose name is mistyped, and tells what names there are', async () => {
    const at = await exampleLedger()
    expect((await at.run(toServer())).code).toBe(0)
    const mistyped = [
      'copy',
      '--from',
      standIn.url,
      '--from-name',
      'crisis-2042',
      '--to',
      `sqlite:${at.path('b.db')}`,
    ]
    expect(await refusal(at, mistyped)).toMatch(
      /There is nothing to copy: esdb:\S+ \(crisis-2042\) has no event\. Ledgers that are there: crisis-2024, .+\.\n$/,
    )
    const empty = place()
    await (await serve(empty)).stop()
    expect(await refusal(empty, ['copy', '--to', `sqlite:${empty.path('b.db')}`])).toMatch(
      /There is nothing to copy: sqlite:\S+ has no event\.\n$/,
    )
  }, 60_000)

  test('while a service has the file of an end, and tells where', async () => {
    const at = place()
    const { url } = await serve(at)
    expect(await refusal(at, toServer())).toContain(`serves it at ${url}`)
    const other = await exampleLedger()
    expect(await refusal(other, ['copy', '--to', `sqlite:${at.path('ledger.db')}`])).toContain(`at ${url}`)
  })

  test('where the target holds something else, which stays as it is', async () => {
    const [at, other] = [await exampleLedger(), place()]
    const lines = [line('actor', 'fito', 'describe', { type: 'person', name: 'Fito' })]
    expect((await other.run(['import', other.file('lines.ndjson', lines)])).code).toBe(0)
    const target = ['copy', '--to', `sqlite:${other.path('ledger.db')}`]
    const before = (await other.run(['export'])).stdout
    const said = await at.run(target)
    expect([said.code, said.stdout]).toStrictEqual([1, ''])
    expect(said.stderr).toMatch(
      /holds something else: at position 1 the event \S+ of actor-fito where sqlite:\S+ has \S+ of \S+ \(position 1\)\. Copy to a ledger that is empty, or that this copy began\./,
    )
    expect((await other.run(['export'])).stdout).toBe(before)
  }, 60_000)

  test('where the server does not answer', async () => {
    const at = await exampleLedger()
    await standIn.kill()
    const { code, stderr } = await at.run(toServer())
    expect([code, stderr]).toStrictEqual([1, expect.stringContaining('The event store gives no answer')])
  }, 60_000)
})
