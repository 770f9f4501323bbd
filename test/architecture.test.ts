import { globSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { describe, expect, test } from 'vitest'
import { broken, circleFrom, importsOf } from './architecture.ts'

const top = join(import.meta.dirname, '..')
const files = globSync('{src,projections}/**/*.{ts,js}', { cwd: top }).map((file) =>
  file.split(sep).join('/'),
)

test('there are source files to look at', () => {
  expect(files).toContain('src/cli/bin.js')
})

test.each(files)('%s keeps to the architecture', (file) => {
  expect(broken(file, readFileSync(join(top, file), 'utf8'))).toStrictEqual([])
})

describe('no file is named by what it names', () => {
  const contentsOf = (file: string) => readFileSync(join(top, file), 'utf8')

  test('in the project', () => {
    const imports = new Map(files.map((file) => [file, importsOf(file, contentsOf(file))]))
    expect(files.flatMap((file) => circleFrom(file, imports)?.join(' → ') ?? [])).toStrictEqual([])
  })

  test.each([
    ['by none', { a: ['b', 'c'], b: ['c'], c: ['node:fs'] }, null],
    ['by itself', { a: ['a'] }, ['a', 'a']],
    ['by one that it names', { a: ['b'], b: ['a'] }, ['a', 'b', 'a']],
    ['by others, the shortest way', { a: ['b', 'c'], b: ['d'], d: ['a'], c: ['a'] }, ['a', 'c', 'a']],
    ['by none, though others are', { a: ['b'], b: ['c'], c: ['b'] }, null],
  ])('%s', (_what, imports, circle) => {
    expect(circleFrom('a', new Map(Object.entries(imports)))).toStrictEqual(circle)
  })
})

describe('an import', () => {
  const arrow = (from: string, specifier: string) => broken(from, `import { a } from '${specifier}'`)

  test.each([
    ['src/time/moment.ts', '../errors.ts'],
    ['src/vocabulary/kind.ts', 'zod'],
    ['src/vocabulary/envelope.ts', '../time/moment.ts'],
    ['projections/emergency.ts', './projection.ts'],
    ['projections/emergency.ts', '../src/vocabulary/emergency.ts'],
    ['projections/emergency.ts', '../src/time/term.ts'],
    ['projections/projection.ts', 'immer'],
    ['projections/index.ts', './emergency.ts'],
    ['src/answer/order.ts', '../../projections/index.ts'],
    ['src/log/sqlite.ts', 'node:sqlite'],
    ['src/log/log.ts', '../vocabulary/envelope.ts'],
    ['src/ledger/decide.ts', '../answer/counted.ts'],
    ['src/keys/file.ts', '../log/file.ts'],
    ['src/http/guard.ts', '../keys/keyring.ts'],
    ['src/http/app.ts', 'hono/streaming'],
    ['src/main.ts', './http/app.ts'],
  ])('of %s may name %s', (from, specifier) => {
    expect(arrow(from, specifier)).toStrictEqual([])
  })

  test.each([
    ['src/errors.ts', './config.ts', 'src/config.ts'],
    ['src/time/moment.ts', '../vocabulary/kind.ts', 'src/vocabulary/kind.ts'],
    ['src/vocabulary/kind.ts', '../../projections/index.ts', 'projections/index.ts'],
    ['src/vocabulary/kind.ts', 'node:crypto', 'node:crypto'],
    ['projections/emergency.ts', './fugitive.ts', 'projections/fugitive.ts'],
    ['projections/emergency.ts', '../src/time/moment.ts', 'src/time/moment.ts'],
    ['projections/emergency.ts', '../src/answer/order.ts', 'src/answer/order.ts'],
    ['projections/emergency.ts', 'zod', 'zod'],
    ['projections/emergency.ts', 'node:fs', 'node:fs'],
    ['src/answer/order.ts', '../log/log.ts', 'src/log/log.ts'],
    ['src/answer/order.ts', 'immer', 'immer'],
    ['src/log/sqlite.ts', '../vocabulary/kind.ts', 'src/vocabulary/kind.ts'],
    ['src/log/sqlite.ts', '../time/moment.ts', 'src/time/moment.ts'],
    ['src/log/sqlite.ts', '../readmodel/entity.ts', 'src/readmodel/entity.ts'],
    ['src/readmodel/entity.ts', '../ledger/ledger.ts', 'src/ledger/ledger.ts'],
    ['src/ledger/ledger.ts', '../http/app.ts', 'src/http/app.ts'],
    ['src/ledger/ledger.ts', 'hono', 'hono'],
    ['src/ledger/ledger.ts', '../keys/keyring.ts', 'src/keys/keyring.ts'],
    ['src/keys/keyring.ts', '../http/guard.ts', 'src/http/guard.ts'],
    ['src/http/app.ts', '../cli/main.ts', 'src/cli/main.ts'],
    ['src/http/app.ts', '../main.ts', 'src/main.ts'],
    ['src/http/app.ts', '@hono/prometheus', '@hono/prometheus'],
    ['src/main.ts', './cli/main.ts', 'src/cli/main.ts'],
    ['src/main.ts', '../test/architecture.ts', 'test/architecture.ts'],
  ])('of %s may not name %s', (from, specifier, target) => {
    expect(arrow(from, specifier)).toStrictEqual([`${from} may not import ${target}`])
  })

  test.each([
    `import '../src/log/log.ts'`,
    `import type { Log } from '../src/log/log.ts'`,
    `import {\n  type Log,\n} from '../src/log/log.ts'`,
    `import * as log from '../src/log/log.ts'`,
    `export { log } from '../src/log/log.ts'`,
    `export type { Log } from '../src/log/log.ts'`,
    `export * from '../src/log/log.ts'`,
    `export const log = await import('../src/log/log.ts')`,
    `export type Log = import('../src/log/log.ts').Log`,
    `export type Log = typeof import('../src/log/log.ts')`,
  ])('is seen in the form %s', (line) => {
    expect(broken('projections/emergency.ts', line)).toStrictEqual([
      'projections/emergency.ts may not import src/log/log.ts',
    ])
  })

  test('is refused when it does not write out what it names', () => {
    expect(broken('projections/emergency.ts', 'await import(name)')).toStrictEqual([
      'projections/emergency.ts may not import what it does not write out',
    ])
  })

  test('is none in a comment or a text', () => {
    const contents = `// import '../src/log/log.ts'\nexport const example = "import '../src/log/log.ts'"`
    expect(broken('projections/emergency.ts', contents)).toStrictEqual([])
  })
})

test('a folder that is not in the layout is refused', () => {
  expect(broken('src/common/text.ts', '')).toStrictEqual([
    'src/common/text.ts lies in no folder of the layout',
  ])
})

describe('what a file may use', () => {
  const clock = 'only src/main.ts reads the clock'
  const same = 'the same events give the same answer, always and everywhere'
  const temporal = 'only src/time/ uses Temporal'
  const knowsProcess = 'only src/main.ts and src/cli/ know the process'

  test.each([
    ['projections/emergency.ts', 'new Date(0)', 'Date', same],
    ['projections/emergency.ts', 'let day: Date', 'Date', same],
    ['projections/emergency.ts', 'Date.parse(text)', 'Date.parse', same],
    ['projections/emergency.ts', 'Math.random()', 'Math.random', same],
    ['projections/emergency.ts', 'crypto.randomUUID()', 'crypto.randomUUID', same],
    ['projections/emergency.ts', 'Temporal.Instant.from(text)', 'Temporal.Instant.from', temporal],
    ['src/answer/order.ts', 'globalThis.Math.random()', 'Math.random', same],
    ['src/answer/order.ts', `Math['random']()`, 'Math.random', same],
    ['src/answer/order.ts', 'const ids = { randomUUID }', 'randomUUID', same],
    ['src/vocabulary/kind.ts', 'new Date(0)', 'Date', same],
    ['src/ledger/decide.ts', 'new Date()', 'new Date()', clock],
    ['src/ledger/decide.ts', 'Date()', 'Date()', clock],
    ['src/ledger/decide.ts', 'Date.now()', 'Date.now', clock],
    ['src/ledger/decide.ts', 'createLedger({ now: Date.now })', 'Date.now', clock],
    ['src/log/sqlite.ts', 'performance.now()', 'performance.now', clock],
    ['src/time/instant.ts', 'Temporal.Now.instant()', 'Temporal.Now.instant', clock],
    ['src/cli/main.ts', 'new Date()', 'new Date()', clock],
    ['src/http/app.ts', 'let at: Temporal.Instant', 'Temporal.Instant', temporal],
    ['src/http/app.ts', 'process.env.LEDGER_PORT', 'process.env.LEDGER_PORT', knowsProcess],
    ['src/config.ts', 'const { env } = process', 'process', knowsProcess],
    ['src/ledger/ledger.ts', `import { env } from 'node:process'`, 'node:process', knowsProcess],
    ['src/log/lock.ts', 'process.env.HOME', 'process.env.HOME', knowsProcess],
    ['src/log/sqlite.ts', 'process.pid', 'process.pid', knowsProcess],
  ])('in %s is not %s', (path, contents, name, says) => {
    expect(broken(path, contents)).toStrictEqual([`${path} uses ${name}: ${says}`])
  })

  test.each([
    ['src/main.ts', 'export const now = () => Date.now()'],
    ['src/main.ts', 'new Date()'],
    ['src/main.ts', 'process.env'],
    ['src/cli/main.ts', 'process.argv'],
    ['src/log/lock.ts', 'process.pid'],
    ['src/time/moment.ts', 'Temporal.PlainDate.from(text)'],
    ['src/ledger/ledger.ts', 'new Date(now).toISOString()'],
    ['src/ledger/ledger.ts', `import { randomUUIDv7 } from 'node:crypto'\nrandomUUIDv7()`],
    ['projections/emergency.ts', '// Date.now()\nexport const words = `Math.random ${one.Date} process`'],
    ['projections/emergency.ts', 'Math.max(1, 2)'],
    ['projections/emergency.ts', 'export const labels = { Date: 1, process: 2 }\nlabels.process'],
  ])('in %s is %s', (path, contents) => {
    expect(broken(path, contents)).toStrictEqual([])
  })
})
