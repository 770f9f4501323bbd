import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readSettings } from '../../src/config.ts'
import { open, type Opened } from '../../src/main.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { example, jsonLines, line, type Place, place, restoreExample, serve, template } from './command.ts'
import { answer, everyQuestion } from './questions.ts'

const exampleLedger = template(restoreExample)

/** Opens the ledger of a place in this process, to ask it more than a command would in that time. */
const opened = async (at: Place): Promise<Opened> => {
  const ledger = await open(
    readSettings({ LEDGER_LOG: `sqlite:${at.path('ledger.db')}`, LEDGER_ZONE: 'America/Guayaquil' }),
    pino({ level: 'silent' }),
  )
  onTestFinished(ledger.close)
  return ledger
}

const withoutRestored = (text: string): string[] =>
  text.split('\n').map((one) => one.replace(/,"restored":\{"at":"[^"]*","from":"[^"]*"\}/, ''))

describe('a backup', () => {
  test('puts back a ledger that answers every question alike and exports the same bytes', async () => {
    const [first, second] = [place(), place()]
    expect((await first.run(['restore', example])).code).toBe(0)
    const backup = await first.run(['export', '--output', first.path('backup.ndjson')])
    expect([backup.code, backup.stdout]).toStrictEqual([0, ''])
    expect(backup.stderr).toMatch(/^122 events exported; to go on from here later: export --after \d+\n$/)

    const restored = await second.run(['restore', first.path('backup.ndjson')])
    expect(restored.stdout).toMatch(/^122 lines: 122 recorded, 0 repeated, 0 refused; newest position \d+\n$/)
    expect(restored.code).toBe(0)

    const written = readFileSync(first.path('backup.ndjson'), 'utf8')
    const again = await second.run(['export'])
    expect(again.stdout).toContain('"from":"backup.ndjson"')
    expect(withoutRestored(again.stdout)).toStrictEqual(withoutRestored(written))
    expect(jsonLines<Event>(written).some((event) => 'position' in event)).toBe(false)

    const [one, other] = [await opened(first), await opened(second)]
    const paths = everyQuestion(jsonLines<Event>(written))
    expect(paths.length).toBeGreaterThan(1500)
    for (const path of paths)
      expect([path, await answer(other, path)]).toStrictEqual([path, await answer(one, path)])
  })

  test('goes on where it was broken off', async () => {
    const at = place()
    const whole = readFileSync(example, 'utf8')
    const part = at.path('part.ndjson')
    writeFileSync(part, whole.slice(0, whole.split('\n').slice(0, 40).join('\n').length + 100))
    const broken = await at.run(['restore', part])
    expect(broken.stdout).toMatch(/^line 41 refused: The line is not JSON/m)
    expect(broken.stdout).toMatch(/^41 lines: 40 recorded, 0 repeated, 1 refused/m)
    expect(broken.code).toBe(1)

    const finished = await at.run(['restore', '-'], { input: whole })
    expect(finished.stdout).toMatch(/^122 lines: 82 recorded, 40 repeated, 0 refused/m)
    expect(finished.code).toBe(0)
  })

  test('is not put back over an event that differs', async () => {
    const at = place()
    await at.run([
      'import',
      at.file('line.ndjson', [line('actor', 'fito', 'describe', { type: 'person', name: 'Fito' })]),
    ])
    const [event] = jsonLines<Event>((await at.run(['export'])).stdout)
    const { code, stdout } = await at.run([
      'restore',
      at.file('changed.ndjson', [{ ...event, recordedBy: 'another' }]),
    ])
    expect(stdout).toMatch(
      new RegExp(`^line 1 refused: Event ${event!.id} is there already, and differs`, 'm'),
    )
    expect(code).toBe(1)
  })

  test('is made while the service runs, and goes on later after the position it names', async () => {
    const [first, second] = [place(), place()]
    const { url } = await serve(first)
    const describe = (id: string) =>
      first.run([
        'record',
        'actor',
        id,
        'describe',
        '--url',
        url,
        '--set',
        'source.publisher=Desk',
        '--set',
        'source.medium=document',
        '--set',
        'data.type=person',
        '--set',
        `data.name=${id}`,
      ])
    expect((await describe('noboa')).code).toBe(0)
    const full = await first.run(['export', '--url', url])
    const position = /--after (\d+)/.exec(full.stderr)![1]!
    expect((await describe('fito')).code).toBe(0)
    const more = await first.run(['export', '--url', url, '--after', position])
    expect(jsonLines<Event>(more.stdout).map(({ stream }) => stream)).toStrictEqual(['actor-fito'])

    const restored = await second.run(['restore', '-'], { input: full.stdout + more.stdout })
    expect(restored.stdout).toMatch(/^2 lines: 2 recorded, 0 repeated, 0 refused/m)
    expect((await second.run(['export', '--after', '99'])).stderr).toMatch(
      /--after 99 is beyond the newest event/,
    )
  })
})

test('an export while events are recorded is the beginning of the one after them', async () => {
  const at = place()
  const { url } = await serve(at)
  const actors = Array.from({ length: 2000 }, (_, index) =>
    line('actor', `a-${index}`, 'describe', { type: 'person', name: `Person ${index}` }),
  )
  const importing = at.run(['import', at.file('lines.ndjson', actors), '--url', url])
  const during = await Promise.all([1, 2].map(() => at.run(['export', '--url', url])))
  expect((await importing).code).toBe(0)
  const { stdout } = await at.run(['export', '--url', url])
  expect(jsonLines<Event>(stdout)).toHaveLength(2000)
  expect(during.map((one) => [one.code, stdout.startsWith(one.stdout)])).toStrictEqual([
    [0, true],
    [0, true],
  ])
})

describe('an export that does not get everything', () => {
  const event = (position: number) => JSON.stringify({ id: `e${position}`, stream: 'actor-a', position })

  /** A service whose newest event is at 3 and whose answer stops after 2, at its end or in the middle. */
  const cutOff = async (how: 'ended' | 'broken'): Promise<string> => {
    const server = createServer((request, response) => {
      if (request.headers.accept !== 'application/x-ndjson')
        return response.end(JSON.stringify({ events: [], head: 3 }))
      response.setHeader('content-type', 'application/x-ndjson')
      response.write(`${event(1)}\n${event(2)}\n`)
      if (how === 'ended') return response.end()
      return setTimeout(() => response.destroy(), 50)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  test.each([
    ['ended', /The events end at position 2, and the newest is at 3: the answer was cut off/],
    ['broken', /The connection ended before the answer did/],
  ] as const)('because the answer %s fails, and leaves no file that looks whole', async (how, sentence) => {
    const at = place()
    const file = at.path('backup.ndjson')
    writeFileSync(file, 'the backup before')
    const { code, stderr } = await at.run(['export', '--url', await cutOff(how), '--output', file])
    expect(code).toBe(1)
    expect(stderr).toMatch(sentence)
    expect(readFileSync(file, 'utf8')).toBe('the backup before')
    expect(existsSync(`${file}.part`)).toBe(false)
  })

  test('because its file cannot be written says why', async () => {
    const at = await exampleLedger()
    const { code, stderr } = await at.run(['export', '--output', at.path('nowhere/backup.ndjson')])
    expect(code).toBe(1)
    expect(stderr).toMatch(/nowhere\/backup\.ndjson cannot be written: ENOENT/)
  })

  test('because nobody reads on ends quietly', async () => {
    const at = await exampleLedger()
    const child = at.start(['export'])
    let stderr = ''
    child.stderr.on('data', (text: Buffer) => (stderr += String(text)))
    child.stdout.destroy()
    const [code] = (await once(child, 'close')) as [number | null]
    expect([code, stderr]).toStrictEqual([141, ''])
  })
})
