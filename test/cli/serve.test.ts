import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { example, jsonLines, line, place, restoreExample, serve, template } from './command.ts'

const exampleLedger = template(restoreExample)

const noted = (id: string) => line('actor', id, 'describe', { type: 'person', name: id })

describe('serve', () => {
  test('answers at the address it prints, until it is told to stop', async () => {
    const at = place()
    const { url, stop, stderr } = await serve(at)
    expect(stderr()).toBe(`Crisis Ledger listens on ${url} (sqlite:${at.path('ledger.db')}).\n`)
    expect(await (await fetch(`${url}/healthz`)).json()).toStrictEqual({ status: 'ok' })
    expect(await stop()).toBe(0)
    await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed')
  })

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'answers requests under way before %s ends it',
    async (signal) => {
      const at = place()
      const { url, stop } = await serve(at)
      const { readable, writable } = new TransformStream<string, string>()
      const writer = writable.getWriter()
      const answered = fetch(`${url}/v1/import?results=all`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: readable.pipeThrough(new TextEncoderStream()),
        duplex: 'half',
      })
      await writer.write(`${JSON.stringify(noted('noboa'))}\n`)
      await answered
      const stopped = stop(signal)
      await writer.write(JSON.stringify(noted('fito')))
      await writer.close()
      const results = jsonLines<{ result?: string; done?: true }>(await (await answered).text())
      expect(results.map(({ result, done }) => result ?? done)).toStrictEqual(['recorded', 'recorded', true])
      expect(await stopped).toBe(0)
      expect((await at.run(['ask', 'actors'])).stdout).toContain('2 known (certain 2, possible 0)')
    },
  )

  test.runIf(process.platform === 'linux')(
    'has large pages from its start, unless the allocator is set otherwise',
    async () => {
      vi.stubEnv('GLIBC_TUNABLES', undefined)
      onTestFinished(() => void vi.unstubAllEnvs())
      const tunablesOf = async (env: Record<string, string>) => {
        const child = place().start(['serve'], env)
        await once(child.stderr, 'data')
        const all = readFileSync(`/proc/${child.pid}/environ`, 'utf8').split('\0')
        return all.filter((one) => one.startsWith('GLIBC_TUNABLES='))
      }
      expect(await tunablesOf({})).toStrictEqual(['GLIBC_TUNABLES=glibc.malloc.hugetlb=1'])
      const own = 'glibc.malloc.arena_max=4'
      expect(await tunablesOf({ GLIBC_TUNABLES: own })).toStrictEqual([`GLIBC_TUNABLES=${own}`])
    },
  )

  test('logs lines of JSON on standard output: its address, each request, its end', async () => {
    const at = place()
    const child = at.start(['serve'])
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    const [said] = (await once(child.stderr, 'data')) as [Buffer]
    const url = /http:\S+/.exec(String(said))![0]
    await (await fetch(`${url}/healthz`)).text()
    child.kill('SIGTERM')
    await once(child, 'close')
    const logged = jsonLines<Record<string, unknown>>(stdout)
    expect(logged.map(({ msg }) => msg)).toStrictEqual(['listening', 'request', 'stopping'])
    expect(logged[0]!['url']).toBe(url)
    expect(logged[1]).toMatchObject({ path: '/healthz', status: 200 })
  })

  test('says in the log that what it made of the ledger before was damaged, and makes it anew', async () => {
    const at = await exampleLedger()
    const database = new DatabaseSync(at.path('ledger.readmodel-1.db'))
    database.exec("DELETE FROM pieces WHERE name = 'rectangle.opened'")
    database.close()
    const child = at.start(['serve'])
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    await once(child.stderr, 'data')
    child.kill('SIGTERM')
    await once(child, 'close')
    expect(jsonLines<Record<string, unknown>>(stdout)).toContainEqual(
      expect.objectContaining({
        msg: 'what was made of the log before is made anew',
        reason: expect.stringContaining('damaged at rectangle.opened') as string,
      }),
    )
    expect((await at.run(['verify-read-model', '--all'])).stdout).toContain('lists compared: no findings')
  })
})

describe('a service that cannot start says why in a sentence and fails', () => {
  const refused = async (env: Record<string, string>, at = place()): Promise<string> => {
    const { code, stderr } = await at.run(['serve'], { env })
    expect(code).toBe(1)
    expect(stderr).not.toMatch(/^\s+at /m)
    return stderr
  }

  test('because its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const { port } = other.address() as AddressInfo
    expect(await refused({ LEDGER_PORT: String(port) })).toBe(
      `crisis-ledger: Port ${port} of 127.0.0.1 is taken: stop what listens there, or set LEDGER_PORT (0 takes any free one).\n`,
    )
  })

  test('because it would listen beyond loopback and there is no access key yet, also where the file is there', async () => {
    const at = place()
    const keys = at.path('keys.json')
    writeFileSync(keys, '{"keys": []}')
    const env = { LEDGER_HOST: '0.0.0.0', LEDGER_KEYS: keys }
    expect(await refused(env, at)).toMatch(
      /^crisis-ledger: There are no access keys in \S+keys\.json yet, .*"crisis-ledger key add NAME --role admin"/,
    )
    // On loopback nobody else can reach it, and nothing is taken without a key.
    const { url, stop } = await serve(at, { LEDGER_KEYS: keys })
    expect((await fetch(`${url}/v1/picture`)).status).toBe(401)
    expect(await stop()).toBe(0)
  })

  test('because its folder cannot be written', async () => {
    const at = place()
    writeFileSync(at.path('a-file'), '')
    const stderr = await refused({ LEDGER_LOG: `sqlite:${at.path('a-file/ledger.db')}` }, at)
    expect(stderr).toContain(at.path('a-file'))
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  test('because its settings are wrong, all of them', async () => {
    const stderr = await refused({ LEDGER_PORT: '99999', LEDGER_ZONE: 'Quito', LEDGER_HOST: '0.0.0.0' })
    expect(stderr).toMatch(/^crisis-ledger: The settings do not make sense:$/m)
    expect(stderr).toMatch(/LEDGER_HOST: must be a loopback address/)
    expect(stderr).toMatch(/LEDGER_PORT: must be a port/)
    expect(stderr).toMatch(/LEDGER_ZONE: must be an IANA time zone/)
  })

  test('because it was given an address to ask', async () => {
    const { code, stderr } = await place().run(['serve', '--url', 'http://127.0.0.1:1'])
    expect([code, stderr]).toStrictEqual([
      1,
      'crisis-ledger: serve works on the ledger that LEDGER_LOG names: leave --url out.\n',
    ])
  })
})

test('a ledger that is served is opened by no other process, which is told how to reach it', async () => {
  const at = place()
  const { url } = await serve(at)
  const commands = [
    ['serve'],
    ['ask', 'actors'],
    ['import', example],
    ['restore', example],
    ['verify'],
    ['export'],
  ]
  for (const command of commands) {
    const { code, stdout, stderr } = await at.run(command)
    const lines = stderr.trimEnd().split('\n')
    expect([command[0], code, stdout, lines.length]).toStrictEqual([command[0], 1, '', 1])
    expect(lines[0]).toContain(`--url ${url}`)
  }
  expect((await at.run(['ask', 'actors', '--url', url])).stdout).toContain('0 known')
})
