import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { projections, questions } from '../projections/index.ts'
import { settingsSchema } from '../src/config.ts'
import { type ErrorCode, LedgerError } from '../src/errors.ts'
import { problemOf } from '../src/http/problem.ts'
import { resolveMoment } from '../src/time/moment.ts'
import { endOfTerm, endOfUntil, isDuration } from '../src/time/term.ts'
import { metaCommands } from '../src/vocabulary/meta.ts'
import { asShown, type Block, blocksOf, masked, namesIn, shownJson, tableOf } from './document.ts'
import { type Demo, openDemo } from './demo.ts'

const top = join(import.meta.dirname, '..')
const text = (file: string): string => readFileSync(join(top, file), 'utf8')
const readme = text('README.md')
const blocks = blocksOf(readme)

/** What is shown after a script, as its output. */
const outputs = ['json', 'console']
const isInstall = ({ language, text }: Block): boolean => language === 'sh' && text.startsWith('npm ')
const scripts = blocks.filter((block) => block.language === 'sh' && !isInstall(block))
const outputOf = (script: Block): Block | undefined => {
  const next = blocks[blocks.indexOf(script) + 1]
  return next && outputs.includes(next.language) ? next : undefined
}
const shown = new Set(scripts.map(outputOf))
const bodies = blocks.filter((block) => block.language === 'json' && !shown.has(block))
const code = blocks.filter(({ language }) => language === 'ts')

const useOf = (block: Block): string => {
  if (isInstall(block)) return 'install'
  if (scripts.includes(block)) return 'scripts'
  if (shown.has(block)) return 'outputs'
  return bodies.includes(block) ? 'bodies' : block.language
}

let demo: Demo

beforeAll(async () => {
  demo = await openDemo()
}, 60_000)

afterAll(() => demo.close())

test('every block is run, shown as what one prints, or marked as text', () => {
  const counts: Record<string, number> = {}
  for (const block of blocks) {
    const use = useOf(block)
    counts[use] = (counts[use] ?? 0) + 1
  }
  expect(counts).toStrictEqual({
    install: 2,
    scripts: 19,
    outputs: 19,
    bodies: 1,
    ts: 1,
    text: 3,
  })
})

test.each(blocks.filter(isInstall))('the project has the script of: $text', ({ text: line }) => {
  const [, name] = /^npm ci && npm (?:run )?(\w+)\n$/.exec(line)!
  const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> }
  expect(Object.keys(scripts)).toContain(name)
})

describe('a script prints what is shown', () => {
  test.each(scripts)(
    'line $line',
    async (script) => {
      const output = outputOf(script)
      const printed = await demo.run(script.text)
      if (output?.language === 'json') {
        const expected = shownJson(masked(output.text))
        expect(asShown(JSON.parse(masked(printed)), expected)).toStrictEqual(expected)
      } else expect(demo.normal(printed)).toBe(demo.normal(output?.text ?? ''))
    },
    120_000,
  )
})

describe('a body is accepted', () => {
  test.each(bodies)('line $line', async ({ line, text: body }) => {
    const [, address] = /POST (\S+) -->$/m.exec(readme.split('\n')[line - 2]!)!
    const path = `${address!.replace('{id}', 'readme-2024')}?dryRun=true`
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(demo.url + path, { method: 'POST', headers, body })
    const { data } = JSON.parse(body) as { data: object }
    expect(await response.json()).toMatchObject({ event: { data }, problem: null })
  })
})

test.each(code)('the code of line $line is the code of a file', ({ text: lines }) => {
  const files = globSync('{src,projections}/**/*.ts', { cwd: top })
  expect(files.filter((file) => text(file).includes(lines))).toHaveLength(1)
})

describe('what is named is there', () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, target]) => target!)
  const paths = [...readme.matchAll(/(?<=[\s`(])(?:src|projections|test)\/[\w./*-]*/g)].map(([path]) => path)
  const local = new Set([...links.filter((target) => !target.includes(':')), ...paths])

  test.each([...local])('%s', (path) => {
    expect(existsSync(join(top, path))).toBe(true)
  })

  test.each([...readme.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor!))('#%s', (anchor) => {
    const headings = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replaceAll(' ', '-')
        .replaceAll(/[^\w-]/g, ''),
    )
    expect(headings).toContain(anchor)
  })
})

test('the table of both clocks is what the example answers', async () => {
  const [heading = ''] = readme.match(/^\| `asOf` \| `knownAt` .*$/m)!
  const knownAts = heading.match(/\d{4}-\d\d-\d\d/g)!
  const answer = async (asOf: string, knownAt: string): Promise<string> => {
    const at = `asOf=${asOf}&knownAt=${knownAt}&zone=America/Lima`
    const response = await fetch(`${demo.url}/v1/emergencies/pe-north-2024?${at}`)
    const { certainty, state } = (await response.json()) as {
      certainty: string
      state: { status: string } | null
    }
    return certainty === 'certain' ? (state?.status ?? 'nothing') : certainty
  }
  const rows = tableOf(readme, heading)
  const answers = rows.map(async ([asOf = '']) => [
    asOf,
    ...(await Promise.all(knownAts.map((knownAt) => answer(asOf, knownAt)))),
  ])
  expect(await Promise.all(answers)).toStrictEqual(rows)
})

test('the table of kinds is the vocabulary', () => {
  const rows = projections.map(({ kind, statuses, active }) => [
    kind.name,
    `\`/v1/${kind.plural}\``,
    statuses.map((status) => (active.includes(status) ? `**${status}**` : status)).join(', '),
  ])
  expect(tableOf(readme, '| kind | addresses |')).toStrictEqual(rows)
})

test('the table of corrections has every command about an event', () => {
  expect(tableOf(readme, '| command | for |').map(([name]) => name)).toStrictEqual(
    Object.keys(metaCommands).map((name) => `\`${name}\``),
  )
})

describe('time is read as the tables say', () => {
  const zone = 'America/Guayaquil'
  const now = '2026-01-01T00:00:00.000Z'
  const began = { ...resolveMoment('2024-01-08', zone, now), zone }
  const written = (instant: string | null) => (instant === null ? 'before everything' : `\`${instant}\``)

  test.each(tableOf(readme, '| `when` | is a moment from |'))('%s', (cell, from, to) => {
    const { earliest, latest } = resolveMoment(namesIn(cell)[0]!, zone, now)
    expect([written(earliest), written(latest)]).toStrictEqual([from, to])
  })

  test.each(tableOf(readme, '| with | `countsFirstDay` |'))('%s, %s', (cell, counts, from, to) => {
    const [name = ''] = namesIn(cell)
    const end = isDuration(name)
      ? endOfTerm(began, {
          duration: name,
          countsFirstDay: JSON.parse(namesIn(counts)[0]!) as boolean | null,
        })
      : endOfUntil(name, zone)
    expect([written(end.earliest), written(end.latest)]).toStrictEqual([from, to])
  })
})

test('the table of routes has every route, and no other', async () => {
  const { paths } = (await (await fetch(`${demo.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, unknown>>
  }
  const there = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const values: Record<string, string> = {
    plural: projections.map(({ kind }) => kind.plural).join('|'),
    command: '[a-z-]+',
    question: [...questions.keys()].join('|'),
  }
  const routes = tableOf(readme, '| route |').map(([cell]) => {
    const [route = ''] = namesIn(cell!)
    const pattern = route.replaceAll(
      /\{(\w+)\}/g,
      (name, word: string) => `(${values[word] ?? `\\{${word}\\}`})`,
    )
    return { route, pattern: new RegExp(`^${pattern}$`) }
  })
  const found = there.map((one) => [one, routes.filter(({ pattern }) => pattern.test(one)).length])
  expect(found).toStrictEqual(there.map((one) => [one, 1]))
  const unknown = routes.filter(({ pattern }) => !there.some((one) => pattern.test(one)))
  expect(unknown.map(({ route }) => route)).toStrictEqual([])
})

test('the table of errors has every code and its status', () => {
  const known: Record<ErrorCode, true> = {
    invalid: true,
    unauthorized: true,
    forbidden: true,
    not_found: true,
    method_not_allowed: true,
    lifecycle_violation: true,
    revision_conflict: true,
    too_large: true,
    unsupported_media_type: true,
    idempotency_mismatch: true,
    internal: true,
    unavailable: true,
  }
  const rows = (Object.keys(known) as ErrorCode[]).map((code) => [
    `\`${code}\``,
    String(problemOf(new LedgerError(code, '')).status),
  ])
  expect(tableOf(readme, '| code | status |').map(([code, status]) => [code, status])).toStrictEqual(rows)
})

test('the table of the command line has every command', async () => {
  const help = await demo.run('npx crisis-ledger --help', 'real')
  const [, list = ''] = help.split('Commands:\n')
  const commands = [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name!)
  const told = tableOf(readme, '| command | |').map(([cell]) => namesIn(cell!)[0]!.split(' ')[0])
  expect([...told, 'help']).toStrictEqual(commands)
})

test('the table of settings has every setting and its default', () => {
  const defaults: Record<string, string | number | undefined> = settingsSchema.parse({})
  const rows = Object.keys(settingsSchema.shape).map((name) => [name, String(defaults[name] ?? '')])
  const told = tableOf(readme, '| setting |').map(([name, value]) => [
    namesIn(name!)[0],
    namesIn(value!)[0] ?? '',
  ])
  expect(told).toStrictEqual(rows)
})
