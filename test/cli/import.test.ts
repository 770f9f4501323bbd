import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ListAnswer } from '../../src/cli/answers.ts'
import type { ToldResult } from '../../src/cli/results.ts'
import type { Summary } from '../../src/ledger/line-result.ts'
import { jsonLines, line, place } from './command.ts'

const unit = { unit: { name: 'Diroes' } }
const day = (when: string) => ({ when, zone: 'America/Lima' })

const ordered = line('deployment', 'diroes', 'order', unit, day('2024-01-09'))
const withdrawn = line('deployment', 'diroes', 'withdraw', {}, day('2024-01-12'))
const unsourced = { kind: 'deployment', id: 'army', command: 'order', data: unit }

describe('import', () => {
  test('records what can be recorded, says of the rest which line and why, and fails', async () => {
    const at = place()
    const file = at.file('lines.ndjson', [
      ordered,
      '{"kind":',
      unsourced,
      withdrawn,
      { ...ordered, id: 'navy' },
    ])
    const { code, stdout, stderr } = await at.run(['import', file])
    expect(stdout).toMatch(/^line 2 refused: The line is not JSON/m)
    expect(stdout).toMatch(/^line 3 refused: \/source: is required$/m)
    expect(stdout).toMatch(/^line 4 flagged: UnitWithdrawn stands where it is ordered$/m)
    expect(stdout).toMatch(/^5 lines: 3 recorded, 0 repeated, 2 refused; newest position \d+$/m)
    expect(stdout.trimEnd().split('\n')).toHaveLength(4)
    expect([code, stderr]).toStrictEqual([1, ''])

    const listed = await at.run(['ask', 'deployments', '--status', 'any', '--json'])
    const { rows } = JSON.parse(listed.stdout) as ListAnswer
    expect(rows.map(({ id }) => id)).toStrictEqual(['diroes', 'navy'])
  })

  test('of the same file again adds nothing, also from standard input', async () => {
    const at = place()
    const file = at.file('lines.ndjson', [ordered, withdrawn])
    expect((await at.run(['import', file])).code).toBe(0)
    const again = await at.run(['import', '-'], {
      input: `${JSON.stringify(ordered)}\n${JSON.stringify(withdrawn)}`,
    })
    expect(again.code).toBe(0)
    expect(again.stdout).toMatch(/^2 lines: 0 recorded, 2 repeated, 0 refused/m)
  })

  test('refuses what a lifecycle does not allow when it is told to, and names every result when asked', async () => {
    const at = place()
    const file = at.file('lines.ndjson', [ordered, withdrawn])
    const { code, stdout } = await at.run(['import', file, '--on-anomaly', 'reject', '--results', 'all'])
    expect(stdout).toMatch(/^line 1 recorded: [0-9a-f-]{36}$/m)
    expect(stdout).toMatch(/^line 2 refused: UnitWithdrawn does not follow/m)
    expect(code).toBe(1)
  })

  // The limit on the size of a file stands for the disk.
  test.skipIf(process.platform === 'win32')(
    'in a dry run that finds no space for what it supposes says what to do, of every line after that',
    async () => {
      const at = place()
      const count = 8000
      const file = at.file('lines.ndjson', [
        ...Array.from({ length: count }, (_, index) => ({
          ...ordered,
          id: `unit-${index}`,
          note: 'x'.repeat(1000),
        })),
        '{',
      ])
      const limit = `trap '' XFSZ; ulimit -f 4000; exec "$@"`
      const { code, stdout, stderr } = await at.run(['import', file, '--dry-run', '--json'], { limit })
      const [summary, last, ...refused] = jsonLines<ToldResult & Summary>(stdout).toReversed()
      expect([code, stderr]).toStrictEqual([1, ''])
      expect(summary).toMatchObject({ done: true, lines: count + 1, refused: refused.length + 1 })
      expect(last?.problem?.code).toBe('invalid')
      expect(refused.at(-1)?.line).toBeGreaterThan(1)
      expect(refused.map(({ line }) => line)).toStrictEqual(
        Array.from({ length: refused.length }, (_, index) => count - index),
      )
      for (const { problem } of refused)
        expect([problem?.code, problem?.detail]).toStrictEqual([
          'unavailable',
          expect.stringMatching(
            /temporary file .*TMPDIR.*(free some|look after its disk).*(full|disk I\/O error)/,
          ),
        ])
    },
  )

  test('in a dry run records nothing and says what it would do', async () => {
    const at = place()
    const file = at.file('lines.ndjson', [ordered, unsourced])
    const { code, stdout } = await at.run(['import', file, '--dry-run'])
    expect(stdout).toMatch(/^2 lines: 1 would be recorded, 0 would be repeated, 1 would be refused$/m)
    expect(code).toBe(1)
    expect((await at.run(['export'])).stdout).toBe('')
  })

  test('gives the results as lines of JSON', async () => {
    const at = place()
    const { stdout } = await at.run(['import', at.file('lines.ndjson', [ordered, unsourced]), '--json'])
    const [refused, summary] = jsonLines<ToldResult>(stdout)
    expect([
      refused!.line,
      refused!.result,
      refused!.problem?.code,
      refused!.problem?.['errors'],
    ]).toStrictEqual([2, 'refused', 'invalid', [{ pointer: '/source', detail: 'is required' }]])
    expect(summary).toMatchObject({ done: true, lines: 2, recorded: 1, repeated: 0, refused: 1 })
  })

  test.each([
    ['that is not there', 'nowhere.ndjson', /nowhere\.ndjson cannot be read: ENOENT/],
    ['that is a folder', '.', /\. is a folder: name a file of lines of JSON/],
  ])('of a file %s says so and opens no ledger', async (_, file, sentence) => {
    const at = place()
    const { code, stdout, stderr } = await at.run(['import', file], {
      env: { LEDGER_LOG: 'sqlite:made/ledger.db' },
    })
    expect([code, stdout]).toStrictEqual([1, ''])
    expect(stderr).toMatch(sentence)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect((await at.run(['import', file])).stderr).toBe(stderr)
  })

  test('of many lines reports each of them, more than the ten thousand an answer tells', async () => {
    const at = place()
    const input = '{"kind":"actor","id":"a","command":"describe"}\n'.repeat(10_050)
    const { code, stdout } = await at.run(['import', '-'], { input })
    expect(stdout.match(/^line \d+ refused: \/source: is required$/gm)).toHaveLength(10_050)
    expect(stdout).toMatch(/^10050 lines: 0 recorded, 0 repeated, 10050 refused$/m)
    expect(code).toBe(1)
  })
  test('over a connection that breaks says how much is answered for, and fails', async () => {
    const server = createServer((request, response) => {
      request.resume()
      response.write('{"line":1,"result":"recorded"}\n{"line":2,"result":"recorded"}\n')
      setTimeout(() => response.destroy(), 50)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const at = place()
    const file = at.file('lines.ndjson', [ordered, withdrawn, { ...ordered, id: 'navy' }])
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { code, stdout, stderr } = await at.run(['import', file, '--url', url])
    expect([code, stdout]).toStrictEqual([1, ''])
    expect(stderr).toMatch(
      /The first 2 lines are answered for; import lines\.ndjson again: nothing is recorded twice\.\n$/,
    )
  })
})
