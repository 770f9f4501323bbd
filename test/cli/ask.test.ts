import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ListAnswer } from '../../src/cli/answers.ts'
import { jsonLines, line, place, restoreExample, serve, template } from './command.ts'
import { sqliteLog } from '../../src/log/sqlite.ts'

const exampleLedger = template(restoreExample)

const guayaquil = ['--zone', 'America/Guayaquil']
const known8th = ['--as-of', '2024-01-08', '--known-at', '2024-01-08', ...guayaquil]

describe('a question', () => {
  test('is answered alike by the ledger here and by the service, with sources, certainty and counts', async () => {
    const at = await exampleLedger()
    const coordinate = ['--as-of', '2024-01-09', '--known-at', '2026-01-01', ...guayaquil]
    const both = [
      ['ask', 'escaped-fugitives', ...known8th],
      ['show', 'emergency', 'ec-110-2024', ...coordinate],
      ['replay', '--kinds', 'fugitive,emergency', '--to', '2024-01-10', ...guayaquil],
      ['verify'],
      ['export'],
    ]
    const here: string[] = []
    for (const command of both) {
      const { code, stdout } = await at.run(command)
      expect([command[0], code]).toStrictEqual([command[0], 0])
      here.push(stdout)
    }
    const { url } = await serve(at)
    const there = async (commands: readonly string[][]): Promise<string[]> => {
      const ended = await Promise.all(commands.map((command) => at.run([...command, '--url', url])))
      return ended.map(({ stdout }) => stdout)
    }
    expect(await there(both)).toStrictEqual(here)

    const [then, shown, replayed] = here
    const [possible, picture, history, knowledge] = await there([
      ['ask', 'escaped-fugitives', '--as-of', '2024-01-07T03:00Z', ...guayaquil],
      ['ask', 'picture', '--limit', '2', ...coordinate],
      ['show', 'fugitives', 'fito-2024', '--history', ...guayaquil],
      ['replay', '--axis', 'known', '--kinds', 'emergency', '--as-of', '2024-01-10', '--json'],
    ])
    expect(then).toMatch(
      /^as of end of 2024-01-08, known at end of 2024-01-08 \(position \d+\), in America\/Guayaquil$/m,
    )
    expect(then).toMatch(/0 missing, 1 reported_escaped \(certain 1, possible 0\), 0 at_large/)
    expect(then).toMatch(/reported_escaped +certain +by end of 2024-01-07 +Roberto Izurieta, in El/)
    expect(possible).toMatch(/reported_escaped +possible .*\n.*or at_large +disputed/)
    expect(picture).toMatch(/^deployments: 1 ordered \(certain 1, possible 0\), 0 en_route, 0 on_site$/m)
    expect(picture).toMatch(/^… and more than these 2: raise --limit\.$/m)
    expect(shown).toMatch(/^in_force \(certain\)$/m)
    expect(shown).toMatch(/^ {2}EmergencyDeclared {2}2024-01-08 {2}corrected once, corroborated once$/m)
    expect(shown).toMatch(/President of Ecuador, in Radio La Calle, 2024-01-08/)
    expect(shown).toMatch(
      /^Aside, as it does not count here\n {2}EmergencyExtended {2}2024-03-07 {2}later, disputed 2 times$/m,
    )
    expect(history).toMatch(/2023-12-25 00:00 to 2024-01-07 00:00: none or reported_escaped/)
    expect(replayed).toMatch(/^end of 2024-01-07\n {2}~ fugitive fito-2024,/m)
    expect(replayed).toMatch(/^ {6}EscapeConfirmed: Fiscalía and Government of Ecuador, in CNN en Español$/m)
    expect(jsonLines<object>(knowledge!)[0]).toMatchObject({
      asOf: '2024-01-10T23:59:59.999Z',
      changes: [{ change: 'added' }],
    })
  })

  test('follows the pages of a list up to its limit', async () => {
    const at = place()
    const lines = Array.from({ length: 1200 }, (_, index) =>
      line('actor', `a-${String(index).padStart(4, '0')}`, 'describe', {
        type: 'person',
        name: `Person ${index}`,
      }),
    )
    await at.run(['import', at.file('lines.ndjson', lines)])
    const answered = async (limit: string) =>
      JSON.parse((await at.run(['ask', 'actors', '--limit', limit, '--json'])).stdout) as ListAnswer
    const some = await answered('1100')
    expect([some.rows.length, some.rows.at(-1)?.id, some.next === null]).toStrictEqual([
      1100,
      'a-1099',
      false,
    ])
    const all = await answered('5000')
    expect([all.rows.length, all.rows.at(-1)?.id, all.next]).toStrictEqual([1200, 'a-1199', null])
    expect(all.counts).toStrictEqual({ known: { certain: 1200, possible: 0 } })
  })

  test.each([
    [['ask', 'fugitive'], /There is no question "fugitive"\. Ask one of: picture, active-emergencies, /],
    [['ask', 'fugitives', '--as-of', '2024-02-30'], /2024-02-30/],
    [['ask', 'fugitives', '--zone', 'Quito'], /"Quito" is no IANA time zone/],
    [
      ['ask', 'fugitives', '--status', 'free'],
      /"free" is no status here: write active, any, or some of missing, /,
    ],
    [['ask', 'fugitives', '--statsu', 'any'], /unknown option '--statsu'\n\(Did you mean --status\?\)/],
    [['aks', 'fugitives'], /unknown command 'aks'\n\(Did you mean ask\?\)/],
    [['show', 'fugitive', 'nobody'], /Nothing is recorded about fugitive "nobody" up to position 0\./],
    [['show', 'person', 'fito'], /There is no kind "person"\. There are: emergency, fugitive, /],
    [['replay', '--kinds', 'person'], /"person" is no kind/],
    [['replay', '--speed', '0'], /Write a number above 0/],
    [
      ['ask', 'picture', '--known-at', '7'],
      /: Position 7 is not reached yet; the answers are at 0\. Try again\./,
    ],
    [['ask', 'actors', '--known-at', '9'.repeat(17)], /: \/query\/knownAt: must be a position below 2\^53$/m],
    [['ask', 'actors', '--ended'], /--ended goes with picture only: name the statuses with --status/],
    [['replay', '--axis', 'known', '--from', 'x'], /: \/query\/from: "x" .* Or write a position\.$/m],
    [['ask', 'actors', '--url', 'localhost:4680'], /--url "localhost:4680" is no address/],
    [
      ['ask', 'actors', '--url', 'http://127.0.0.1:1'],
      /http:\/\/127\.0\.0\.1:1 does not answer \(.*\): start the service/,
    ],
  ])('that makes no sense is refused in a sentence: %j', async (command, sentence) => {
    const at = place()
    await sqliteLog({ path: at.path('ledger.db'), clock: () => '' }).then((log) => log.close())
    const { code, stdout, stderr } = await at.run(command)
    expect([code, stdout]).toStrictEqual([1, ''])
    expect(stderr).toMatch(sentence)
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})

test.each([['ask', 'actors'], ['show', 'actor', 'fito'], ['replay'], ['export'], ['verify']])(
  'whoever only asks makes no ledger where there is none: %s',
  async (...command) => {
    const at = place()
    const { code, stdout, stderr } = await at.run(command)
    expect([code, stdout]).toStrictEqual([1, ''])
    expect(stderr).toMatch(/There is no ledger at .*ledger\.db: set LEDGER_LOG, or record something first/)
    expect(existsSync(at.path('ledger.db'))).toBe(false)
  },
)

test('what is recorded cannot command the terminal it is shown on', async () => {
  const at = place()
  const name = 'Fito\u009B31m\u202E\n\tMacías'
  await at.run([
    'import',
    at.file('line.ndjson', [line('actor', 'fito', 'describe', { type: 'person', name })]),
  ])
  const { stdout } = await at.run(['show', 'actor', 'fito'])
  expect(stdout).toContain('Fito31m Macías')
  expect(stdout).not.toMatch(/[^\P{Cc}\n]|\u202E/u)
})

test('who asks of a log that is away, with nothing of it here, is told that it is away', async () => {
  const at = place()
  // Nobody listens there.
  const env = { LEDGER_LOG: 'esdb://127.0.0.1:9?tls=false', LEDGER_DATA: at.path('data') }
  const { code, stdout, stderr } = await at.run(['export'], { env })
  expect([code, stdout]).toStrictEqual([1, ''])
  expect(stderr).toMatch(/^crisis-ledger: The log cannot be reached, and nothing of it is here yet: /)
}, 60_000)
