import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Demo, openDemo } from './demo.ts'
import { asShown, blocksOf, masked, namesIn, shownJson, tableOf } from './document.ts'

const top = join(import.meta.dirname, '..')
const page = readFileSync(join(top, '.github/CONTRIBUTING.md'), 'utf8')
const blocks = blocksOf(page)

/** What a diff says of a file: stretches of it, before and after. */
type Change = { file: string; hunks: { before: string; after: string }[] }

const changesOf = (diff: string): Change[] =>
  diff
    .split(/^--- a\/.*\n/m)
    .slice(1)
    .map((part) => {
      const [, file = '', rest = ''] = /^\+\+\+ b\/(.*)\n([^]*)$/.exec(part)!
      const side = (hunk: string, other: string) =>
        hunk.replaceAll(new RegExp(`^\\${other}.*\n`, 'gm'), '').replaceAll(/^[ +-]/gm, '')
      const hunks = rest.split(/^@@\n/m).slice(1)
      return { file, hunks: hunks.map((hunk) => ({ before: side(hunk, '+'), after: side(hunk, '-') })) }
    })

const apply = (folder: string, { file, hunks }: Change): void => {
  const path = join(folder, file)
  let text = readFileSync(path, 'utf8')
  for (const { before, after } of hunks) {
    const [head = '', tail, more] = text.split(before)
    if (tail === undefined || more !== undefined)
      throw new Error(`${file} has this ${tail === undefined ? 'nowhere' : 'more than once'}:\n${before}`)
    text = head + after + tail
  }
  writeFileSync(path, text)
}

const changes = blocks.filter(({ language }) => language === 'diff').flatMap(({ text }) => changesOf(text))
const tests = ['test/projections', 'test/given.ts', 'test/reporter.ts']
const parts = [
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  '.oxfmtrc.json',
  'src',
  'projections',
  ...tests,
]
const copy = mkdtempSync(join(tmpdir(), 'crisis-ledger-walk-'))

/** Runs what a package of the project brings, in the copy. */
const runs = (script: string, ...words: string[]): { status: number | null; output: string } => {
  const command = join(top, 'node_modules', script)
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...words], {
    cwd: copy,
    encoding: 'utf8',
  })
  return { status, output: stdout + stderr }
}
const compiles = () => runs('typescript/bin/tsc', '--noEmit')

beforeAll(() => {
  for (const part of parts) cpSync(join(top, part), join(copy, part), { recursive: true })
  symlinkSync(join(top, 'node_modules'), join(copy, 'node_modules'))
})

afterAll(() => rmSync(copy, { recursive: true, force: true }))

test('every block is applied, run, shown as what one prints, or marked as text', () => {
  expect(blocks.map(({ language }) => language)).toStrictEqual([
    'text',
    'diff',
    'diff',
    'diff',
    'diff',
    'sh',
    'json',
  ])
})

test('the project has every command that is named', () => {
  const { scripts } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const named = tableOf(page, '| command | |').map(([cell]) => namesIn(cell!)[0]!.replace(/^npm (run )?/, ''))
  expect(named.filter((name) => name !== 'ci' && !(name in scripts))).toStrictEqual([])
})

describe('the walk', () => {
  test('changes one vocabulary file, one projection file and tests, and no other', () => {
    expect(changes.map(({ file }) => file)).toStrictEqual([
      'src/vocabulary/fugitive.ts',
      'projections/fugitive.ts',
      'test/projections/fugitive.test.ts',
      'test/projections/legality.test.ts',
      'test/projections/state.test.ts',
    ])
  })

  test('is led by the compiler: after the first step it names the next', () => {
    apply(copy, changes[0]!)
    const { status, output } = compiles()
    expect(status).not.toBe(0)
    expect(output).toMatch(
      /^projections\/fugitive\.ts\(\d+,\d+\): error .*(?:'"offer-reward"'|'offer-reward')/m,
    )
  }, 60_000)

  test('compiles when it is done, and is formatted', () => {
    for (const change of changes.slice(1)) apply(copy, change)
    expect(compiles()).toStrictEqual({ status: 0, output: '' })
    const formatted = runs('oxfmt/bin/oxfmt', '--check', ...changes.map(({ file }) => file))
    expect(formatted).toStrictEqual({ status: 0, output: expect.any(String) })
  }, 60_000)

  test('passes its tests', () => {
    const run = ['run', '--reporter=verbose', ...changes.slice(2).map(({ file }) => file)]
    expect(runs('vitest/vitest.mjs', ...run)).toStrictEqual({
      status: 0,
      output: expect.stringContaining('a reward'),
    })
  }, 120_000)
})

describe('what the walk adds', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo(copy)
  }, 60_000)
  afterAll(() => demo.close())

  const reward = (id: string) => ({
    kind: 'fugitive',
    id,
    command: 'offer-reward',
    when: '2024-06-05',
    zone: 'America/Lima',
    source: { publisher: 'Amber Post', medium: 'press' },
    data: { value: { best: 70_000 } },
  })

  test('prints what is shown', async () => {
    const [script, output] = blocks.filter(({ language }) => language === 'sh' || language === 'json')
    const printed = await demo.run(script!.text)
    const shown = shownJson(masked(output!.text))
    expect(asShown(JSON.parse(masked(printed)), shown)).toStrictEqual(shown)
  }, 60_000)

  test('is recorded over HTTP, and refused where it says nothing', async () => {
    const { kind: _kind, id: _id, command: _command, ...body } = reward('')
    const send = async (data: object) => {
      const response = await fetch(`${demo.url}/v1/fugitives/drill-2024/offer-reward`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...body, data }),
      })
      return { status: response.status, body: await response.json() }
    }
    expect(await send({})).toMatchObject({ status: 400, body: { errors: [{ pointer: '/data/value' }] } })
    expect(await send(body.data)).toMatchObject({
      status: 201,
      body: {
        event: { type: 'RewardOffered' },
        state: { state: { status: 'reported_escaped', reward: { value: { best: 70_000 } } } },
      },
    })
  })

  test('is in the documents', async () => {
    expect(await (await fetch(`${demo.url}/openapi.json`)).json()).toMatchObject({
      paths: {
        '/v1/fugitives/{id}/offer-reward': { post: { summary: expect.any(String) } },
        '/v1/projections/wanted-fugitives': { get: { summary: expect.any(String) } },
      },
    })
  })

  test('is in an import', async () => {
    const response = await fetch(`${demo.url}/v1/import?results=all`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: `${JSON.stringify(reward('drill-2024'))}\n`,
    })
    const [result] = (await response.text()).split('\n')
    expect(JSON.parse(result!)).toMatchObject({ line: 1, result: 'recorded' })
  })

  test('is on the command line', async () => {
    expect(await demo.run('npx crisis-ledger vocabulary fugitive')).toMatch(
      /offer-reward +RewardOffered .* value!, by\n/,
    )
    const asked = await demo.run(
      `npx crisis-ledger ask wanted-fugitives --reality exercise --url ${demo.url}`,
    )
    expect(asked).toMatch(/A\. Drill +reported_escaped +certain/)
  }, 60_000)
})
