import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { accessDenied } from '../stand-in/faults.ts'
import { type StandIn, startStandIn } from '../stand-in/server.ts'
import { line, type Place, place, serve } from './command.ts'

const noted = (id: string) => line('actor', id, 'describe', { type: 'person', name: id })

/** Nothing listens there. */
const nowhere = { LEDGER_LOG: 'esdb://127.0.0.1:1?tls=false' }

let standIn: StandIn
beforeEach(async () => {
  standIn = await startStandIn({ isShared: true })
  onTestFinished(() => standIn.close())
})

/** A place with a replica of two events. */
const filled = async (): Promise<Place> => {
  const at = place()
  const lines = at.file('lines.ndjson', [noted('fito'), noted('noboa')])
  expect(await at.run(['import', lines], { env: { LEDGER_LOG: standIn.url } })).toMatchObject({ code: 0 })
  return at
}

describe('with a replica that was never filled', () => {
  const commands = (at: Place) => [
    ['ask', 'picture'],
    ['export'],
    ['record', 'actor', 'fito', 'describe', '--set', 'type=person', '--set', 'name=Fito'],
    ['import', at.file('lines.ndjson', [noted('fito')])],
    ['rebuild'],
  ]

  test('every command says that the server cannot be reached', async () => {
    const ended = await Promise.all(
      [0, 1, 2, 3, 4].map(async (index) => {
        const at = place()
        return at.run(commands(at)[index]!, { env: nowhere })
      }),
    )
    for (const { code, stdout, stderr } of ended) {
      expect([code, stdout]).toStrictEqual([1, ''])
      expect(stderr).toMatch(
        /^crisis-ledger: The log cannot be reached, and nothing of it is here yet: The event store gives no answer/,
      )
    }
  }, 60_000)

  test('or that it refuses the user, at once', async () => {
    standIn.faults.denied = accessDenied
    const { code, stderr } = await place().run(['ask', 'picture'], { env: { LEDGER_LOG: standIn.url } })
    expect([code, stderr]).toStrictEqual([
      1,
      expect.stringMatching(/nothing of it is here yet: The event store refuses the user of this ledger/),
    ])
  }, 60_000)

  test('there is nothing to verify', async () => {
    const at = place()
    const verify = () => at.run(['verify-read-model'], { env: nowhere })
    for (const { code, stdout, stderr } of [await verify(), await verify()])
      expect([code, stdout, stderr]).toStrictEqual([
        1,
        '',
        expect.stringMatching(/There is nothing to verify: the replica \S+ is not filled yet/),
      ])
  }, 60_000)
})

describe('with a replica of a log that is away', () => {
  test('an export fails, and questions are answered and say how far that goes', async () => {
    const at = await filled()
    const env = { LEDGER_LOG: standIn.url }
    expect((await at.run(['export'], { env })).stdout.trim().split('\n')).toHaveLength(2)
    const verified = await at.run(['verify-read-model'], { env })
    expect([verified.code, verified.stderr]).toStrictEqual([
      0,
      expect.stringMatching(/^This is about the replica, up to position \d+: the server was not asked\.\n$/),
    ])
    const served = await serve(at, env)
    expect((await at.run(['export', '--url', served.url])).code).toBe(0)
    await standIn.kill()
    const cannot = /Whether there is more than what is here, up to position \d+, cannot be found out: ./
    const ofService = await at.run(['export', '--url', served.url])
    expect([ofService.code, ofService.stdout, ofService.stderr]).toStrictEqual([
      1,
      '',
      expect.stringMatching(cannot),
    ])
    await served.stop()
    const file = at.path('backup.ndjson')
    const exported = await at.run(['export', '--output', file], { env })
    expect([exported.code, exported.stdout]).toStrictEqual([1, ''])
    expect(exported.stderr).toMatch(cannot)
    for (const question of [['ask', 'actors'], ['show', 'actor', 'fito'], ['replay']]) {
      const { code, stdout, stderr } = await at.run(question, { env })
      expect([question, code]).toStrictEqual([question, 0])
      expect(stdout).toMatch(/fito/i)
      expect(stderr).toMatch(/^The log is away \(.+\): this is what was here of it, up to position \d+\.\n/)
    }
  }, 120_000)
})

test('an export of a service has what another node recorded, or fails where the log is silent', async () => {
  const env = { LEDGER_LOG: standIn.url }
  const at = await filled()
  const served = await serve(at, env)
  const other = place()
  const isFollowing = async () => {
    const answer = await fetch(`${served.url}/v1/projections`)
    return ((await answer.json()) as { log: { isFollowing: boolean } }).log.isFollowing
  }
  await expect.poll(isFollowing, { timeout: 10_000 }).toBe(true)
  // Nothing tells the service yet that it is told of nothing more.
  standIn.wire.freeze()
  const file = at.path('backup.ndjson')
  const silent = await at.run(['export', '--url', served.url, '--output', file])
  expect([silent.code, silent.stdout]).toStrictEqual([1, ''])
  expect(silent.stderr).toMatch(
    /Whether there is more than what is here, up to position \d+, cannot be found out: ./,
  )
  standIn.wire.thaw()
  await other.run(['import', other.file('more.ndjson', [noted('correa')])], { env })
  const { code, stdout } = await at.run(['export', '--url', served.url])
  expect([code, stdout.trim().split('\n').length]).toStrictEqual([0, 3])
  await served.stop()
}, 120_000)

test('no password of a connection string is printed, whatever is wrong with it', async () => {
  const strings = ['admin:s3cret@127.0.0.1:1?tls=false&nope=1', 'admin:s3cret@', 'admin:s3cret@127.0.0.1:x']
  const said = async (command: string[], string: string): Promise<string> => {
    const child = place().start(command, { LEDGER_LOG: `esdb://${string}` })
    let text = ''
    child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()))
    child.stderr.on('data', (bytes: Buffer) => (text += bytes.toString()))
    const closed = once(child, 'close').then(() => (text += '(ended)'))
    await expect.poll(() => text, { timeout: 30_000 }).toMatch(/listens|\(ended\)$/)
    child.kill()
    await closed
    return text
  }
  const wrong = [['serve'], ['ask', 'picture']].flatMap((command) =>
    strings.map((string) => ({ command, string })),
  )
  const told = await Promise.all(
    wrong.map(async (one) => ({ ...one, text: await said(one.command, one.string) })),
  )
  expect(told.filter(({ text }) => text.includes('s3cret'))).toStrictEqual([])
  for (const { string, text } of told)
    if (string.includes('nope')) expect(text).toContain('Unknown option key "nope"')
}, 60_000)

test('a replica that is damaged says that it can be removed', async () => {
  const at = await filled()
  const file = at.path('data/ledger.replica.db')
  writeFileSync(file, 'no database at all, and long enough to be read as one'.repeat(100))
  const { code, stderr } = await at.run(['ask', 'actors'], { env: { LEDGER_LOG: standIn.url } })
  expect([code, stderr]).toStrictEqual([
    1,
    expect.stringMatching(
      /ledger\.replica\.db is not a sound SQLite file: remove it, with .*, and it is filled again/,
    ),
  ])
}, 60_000)
