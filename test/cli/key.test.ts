import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { changeKeys } from '../../src/keys/file.ts'
import { hashOf, newKey } from '../../src/keys/key.ts'
import type { Role } from '../../src/keys/role.ts'
import { jsonLines, line, type Place, place, serve } from './command.ts'

/** A place with a file of keys named, which is not made yet. */
const withKeys = () => {
  const at = place()
  const env = { LEDGER_KEYS: at.path('secrets/keys.json') }
  const key = async (...args: string[]) => at.run(['key', ...args], { env })
  return { at, env, key, file: env.LEDGER_KEYS }
}

const declared = line('emergency', 'e-1', 'declare', { type: 'curfew' })

describe('key add', () => {
  test('prints a key, and nothing else where it can be taken up', async () => {
    const { key, file } = withKeys()
    const { code, stdout, stderr } = await key('add', 'Night desk', '--role', 'write')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^cl_[\w-]{43}\n$/)
    expect(stderr).toBe(
      'This is the key of Night desk (write). It is shown this once: keep it where secrets are kept.\n',
    )
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toStrictEqual({
      keys: [
        {
          name: 'Night desk',
          role: 'write',
          madeAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/),
          sha256: hashOf(stdout.trim()).toString('hex'),
        },
      ],
    })
  })

  test('--if-none makes the first key and, however often it is said again and by whom at once, no other', async () => {
    const { key, file } = withKeys()
    const first = await Promise.all(
      ['desk', 'desk', 'night'].map((name) => key('add', name, '--role', 'admin', '--if-none')),
    )
    expect(first.map(({ code }) => code)).toStrictEqual([0, 0, 0])
    const [made, ...others] = first.toSorted((a, b) => b.stdout.length - a.stdout.length)
    expect(made!.stdout).toMatch(/^cl_[\w-]{43}\n$/)
    for (const { stdout, stderr } of others)
      expect([stdout, stderr]).toStrictEqual(['', `${file} has keys already, so none was made.\n`])
    const before = readFileSync(file, 'utf8')
    expect((await key('add', 'desk', '--role', 'read', '--if-none')).stdout).toBe('')
    expect(readFileSync(file, 'utf8')).toBe(before)
    expect(jsonLines((await key('list', '--json')).stdout)).toHaveLength(1)
  })

  test('twice at once makes both keys, and of one name only one', async () => {
    const { key } = withKeys()
    const added = await Promise.all([
      key('add', 'desk', '--role', 'read'),
      key('add', 'desk', '--role', 'write'),
      key('add', 'night', '--role', 'admin'),
    ])
    expect(added.filter(({ code }) => code === 0)).toHaveLength(2)
    const refused = added.find(({ code }) => code === 1)!
    expect([refused.stdout, refused.stderr]).toStrictEqual([
      '',
      'crisis-ledger: desk has a key already: revoke it first, or choose another name.\n',
    ])
    const { stdout } = await key('list', '--json')
    expect(
      jsonLines<{ name: string }>(stdout)
        .map(({ name }) => name)
        .toSorted(),
    ).toStrictEqual(['desk', 'night'])
  })

  test.each([
    [['add', ' ', '--role', 'read'], 'crisis-ledger: A name must not begin or end with a space.\n'],
    [['add', 'desk', '--role', 'root'], "error: option '--role <role>' argument 'root' is invalid."],
    [['add', 'desk'], "error: required option '--role <role>' not specified"],
    [
      ['revoke', 'nobody'],
      'crisis-ledger: There is no key of nobody: crisis-ledger key list names all there are.\n',
    ],
    [
      ['list', '--url', 'http://127.0.0.1:1'],
      'crisis-ledger: key works on the file that LEDGER_KEYS names: leave --url out.\n',
    ],
  ])('refuses %j in a sentence', async (args, sentence) => {
    const { code, stdout, stderr } = await withKeys().key(...args)
    expect([code, stdout]).toStrictEqual([1, ''])
    expect(stderr).toContain(sentence)
  })

  test('wants to be told of which file', async () => {
    const { code, stderr } = await place().run(['key', 'list'])
    expect([code, stderr]).toStrictEqual([
      1,
      'crisis-ledger: No file of access keys is named: set LEDGER_KEYS to one, such as ./data/keys.json, here and where the service is started.\n',
    ])
  })
})

test('key list tells whose keys there are, and nothing by which one is known', async () => {
  const { key } = withKeys()
  expect((await key('list')).stdout).toBe('There are no keys.\n')
  const made = (await key('add', 'desk', '--role', 'write')).stdout.trim()
  await key('add', 'night', '--role', 'read')
  const { stdout } = await key('list')
  expect(stdout.replaceAll(/20[\d-]+T[\d:.]+Z/g, '<made>')).toBe(
    'NAME   ROLE   MADE\ndesk   write  <made>\nnight  read   <made>\n',
  )
  const all = stdout + (await key('list', '--json')).stdout
  expect(all).not.toContain(made.slice(3, 11))
  expect(all).not.toContain(hashOf(made).toString('hex').slice(0, 8))
  expect((await key('revoke', 'desk')).code).toBe(0)
  expect((await key('list')).stdout).not.toContain('desk')
})

// Each command is a process of its own, and there are many of them.
describe('a service with keys', { timeout: 120_000 }, () => {
  const opened = async () => {
    const { at, env, key } = withKeys()
    const make = (role: Role) => {
      const made = newKey()
      const sha256 = hashOf(made).toString('hex')
      changeKeys(env.LEDGER_KEYS, (keys) => [
        ...keys,
        { name: `${role}er`, role, madeAt: '2024-01-09T12:00:00.000Z', sha256 },
      ])
      return made
    }
    const keys = { read: make('read'), write: make('write') }
    return { at, key, keys, served: await serve(at, env) }
  }
  const asker = (at: Place, url: string) => async (key: string | undefined, args: string[], input?: string) =>
    at.run([...args, '--url', url], {
      env: key === undefined ? {} : { LEDGER_KEY: key },
      ...(input !== undefined && { input }),
    })

  test('is asked by each command with the key of LEDGER_KEY, which none of them tells', async () => {
    const { at, keys, served } = await opened()
    const ask = asker(at, served.url)
    const imported = await ask(keys.write, ['import', '-'], JSON.stringify(declared))
    expect([imported.code, imported.stdout]).toStrictEqual([
      0,
      '1 lines: 1 recorded, 0 repeated, 0 refused; newest position 1\n',
    ])
    const commands = [
      ['ask', 'emergencies'],
      ['show', 'emergency', 'e-1', '--history'],
      ['replay'],
      ['export'],
      ['verify'],
    ]
    for (const command of commands) {
      const { code, stdout, stderr } = await ask(keys.read, command)
      expect([command[0], code]).toStrictEqual([command[0], 0])
      expect(stdout + stderr).not.toContain(keys.read)
    }
    const exported = await ask(keys.read, ['export'])
    expect(jsonLines(exported.stdout)).toMatchObject([{ recordedBy: 'writeer' }])

    const lift = [
      'record',
      'emergency',
      'e-1',
      'lift',
      '--set',
      'source.publisher=Ministry',
      '--set',
      'source.medium=press',
    ]
    const refused = await ask(keys.read, lift)
    expect([refused.code, refused.stderr]).toStrictEqual([
      1,
      'crisis-ledger: This takes a key with the role write, and this one has read: ask whoever runs the service for another.\n',
    ])
    expect((await ask(keys.write, lift)).stdout).toContain('EmergencyLifted recorded')
    const without = await ask(undefined, ['export'])
    expect([without.code, without.stdout]).toStrictEqual([1, ''])
    expect(without.stderr).toContain(
      'This takes an access key: send "Authorization: Bearer <key>" (the command line takes it from LEDGER_KEY).',
    )
    const foreign = await ask(newKey(), ['ask', 'picture'])
    expect(foreign.stderr).toContain('This access key is not known here, or was revoked')
    expect(await served.stop()).toBe(0)
  })

  test('takes a key that is made while it runs, and one that is revoked no more', async () => {
    const { key, keys, served } = await opened()
    const status = async (of: string) =>
      (await fetch(`${served.url}/v1/picture`, { headers: { authorization: `Bearer ${of}` } })).status
    const eventually = async (of: string, expected: number) =>
      vi.waitFor(async () => expect(await status(of)).toBe(expected), { timeout: 20_000 })
    expect(await status(keys.read)).toBe(200)
    await key('revoke', 'reader')
    await eventually(keys.read, 401)
    const { stdout } = await key('add', 'reader', '--role', 'read')
    await eventually(stdout.trim(), 200)
    expect(await status(keys.read)).toBe(401)
  })

  test('goes on with the keys it has while their file is broken, and says so in its log', async () => {
    const { at, env, key, file } = withKeys()
    const made = (await key('add', 'desk', '--role', 'read')).stdout.trim()
    const child = at.start(['serve'], env)
    let logged = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (logged += text))
    const [said] = (await once(child.stderr, 'data')) as [Buffer]
    const url = /http:\S+/.exec(String(said))![0]
    writeFileSync(file, '{"keys": [')
    const told = 'the access keys could not be read again'
    await vi.waitFor(() => expect(logged).toContain(told), { timeout: 20_000 })
    const status = async (of: string) =>
      (await fetch(`${url}/v1/picture`, { headers: { authorization: `Bearer ${of}` } })).status
    expect([await status(made), await status(newKey())]).toStrictEqual([200, 401])
    expect(logged).not.toContain(made)
  })

  test('does not start where its keys are not to be had', async () => {
    const { at, env, file } = withKeys()
    const absent = await at.run(['serve'], { env })
    expect([absent.code, absent.stderr]).toStrictEqual([
      1,
      `crisis-ledger: There are no access keys at ${file}, which LEDGER_KEYS names: make the first with "crisis-ledger key add NAME --role admin".\n`,
    ])
    const broken = await at.run(['serve'], { env: { LEDGER_KEYS: at.file('broken.json', ['{']) } })
    expect([broken.code, broken.stdout]).toStrictEqual([1, ''])
    expect(broken.stderr).toContain('The access keys cannot be read from')
  })

  test('is not needed by whoever opens the ledger itself, which needs no key', async () => {
    const { at, env } = withKeys()
    await at.run(['import', '-'], { env, input: JSON.stringify(declared) })
    expect((await at.run(['ask', 'emergencies'], { env })).stdout).toContain('e-1')
  })
})
