import { posix } from 'node:path'
import { parseAst } from 'vitest/node'

/**
 * What a file breaks of the architecture, one sentence for each, starting with its path; nothing broken: an empty list.
 * `path` is relative to the top of the project, with `/`. The contents are parsed, so comments and texts may say anything.
 */
export const broken = (path: string, contents: string): string[] => {
  const { imported, used } = read(path, contents)
  const folder = longestMatch(Object.keys(mayImport), path)
  if (folder === undefined) return [`${path} lies in no folder of the layout`]
  const arrows = imported.filter((target) => !isAny(mayImport[folder] ?? [], target))
  const names = [...used].flatMap((name) =>
    rules.filter((rule) => breaks(rule, path, name)).map(({ says }) => [name, says]),
  )
  return [
    ...arrows.map((target) => `${path} may not import ${target}`),
    ...names.map(([name, says]) => `${path} uses ${name}: ${says}`),
  ]
}

/** What a file imports, in whatever form: paths from the top of the project, and the names of packages. */
export const importsOf = (path: string, contents: string): readonly string[] => read(path, contents).imported

/** The shortest way from a file over what each imports back to that file; null: there is none. */
export const circleFrom = (
  file: string,
  imports: ReadonlyMap<string, readonly string[]>,
): readonly string[] | null => {
  const ways = [[file]]
  const seen = new Set<string>()
  for (const way of ways)
    for (const next of imports.get(way.at(-1)!) ?? []) {
      if (next === file) return [...way, next]
      if (seen.has(next)) continue
      seen.add(next)
      ways.push([...way, next])
    }
  return null
}

const time = ['src/errors.ts', 'src/time/']
const vocabulary = [...time, 'src/vocabulary/']
const answer = [...vocabulary, 'projections/', 'src/answer/']
const log = ['src/errors.ts', 'src/time/instant.ts', 'src/vocabulary/envelope.ts', 'src/log/', 'node:']
const readmodel = [...answer, 'src/log/', 'src/readmodel/', 'node:']
const ledger = [...readmodel, 'src/ledger/', 'zod', 'canonicalize']
const http = [
  ...ledger,
  'src/keys/',
  'src/config.ts',
  'src/http/',
  'src/web/',
  'hono',
  '@hono/zod-openapi',
  '@hono/node-server',
  'pino',
]

/** What each folder or file may import: folders end with `/`, `node:` is every built-in module, the rest is exact. */
const mayImport: Record<string, readonly string[]> = {
  'src/errors.ts': [],
  'src/config.ts': [...time, 'zod', 'node:'],
  'src/time/': time,
  'src/vocabulary/': [...vocabulary, 'zod'],
  'projections/': [
    'src/vocabulary/',
    'src/time/term.ts',
    'projections/projection.ts',
    'projections/told.ts',
    'projections/figure.ts',
    'immer',
  ],
  'projections/index.ts': ['src/vocabulary/', 'projections/'],
  'src/answer/': ['src/time/', 'src/vocabulary/', 'projections/', 'src/answer/'],
  'src/log/': log,
  'src/log/eventstoredb/': [...log, '@eventstore/db-client'],
  'src/keys/': [
    'src/errors.ts',
    'src/time/instant.ts',
    'src/vocabulary/text.ts',
    'src/log/fault.ts',
    'src/log/file.ts',
    'src/keys/',
    'zod',
    'node:',
  ],
  'src/readmodel/': readmodel,
  'src/ledger/': ledger,
  'src/http/': http,
  'src/web/': [...vocabulary, 'src/web/', 'hono'],
  'src/cli/': [...http, 'src/cli/', 'src/example/', 'src/main.ts', 'package.json', 'commander'],
  'src/example/': [...ledger, 'src/example/'],
  'src/main.ts': [...http, 'src/example/'],
}

type Rule = { says: string; names: readonly string[]; only?: readonly string[]; never?: readonly string[] }

/** Names of the surroundings, and the only places that may use them, or the places that never may. */
const rules: readonly Rule[] = [
  {
    says: 'only src/main.ts reads the clock',
    names: [
      'new Date()',
      'Date()',
      'Date.now',
      'performance.now',
      'performance.timeOrigin',
      'process.hrtime',
      'Temporal.Now',
    ],
    only: ['src/main.ts'],
  },
  {
    says: 'only src/main.ts and src/cli/ know the process',
    names: ['process', 'node:process'],
    only: ['src/main.ts', 'src/cli/'],
  },
  { says: 'only src/time/ uses Temporal', names: ['Temporal'], only: ['src/time/'] },
  {
    says: 'the same events give the same answer, always and everywhere',
    names: ['Date', 'Math.random', 'crypto', 'performance', 'randomUUID', 'randomUUIDv7', 'getRandomValues'],
    never: ['projections/', 'src/answer/', 'src/vocabulary/'],
  },
]

/** A lock names its process, a fingerprint the version of the time-zone data, and who calls the system quiets a warning. */
const exceptions: Record<string, readonly string[]> = {
  'src/log/lock.ts': ['process.pid', 'process.kill'],
  'src/readmodel/fingerprint.ts': ['process.versions'],
  'src/readmodel/foreign.ts': ['process'],
}

const breaks = ({ names, only, never }: Rule, path: string, name: string): boolean =>
  isOf(names, name) &&
  !isOf(exceptions[path] ?? [], name) &&
  (never ? isAny(never, path) : !isAny(only ?? [], path))

/** Whether a dotted name is one of these or begins with one of these. */
const isOf = (names: readonly string[], name: string): boolean =>
  names.some((each) => name === each || name.startsWith(`${each}.`))

const isAny = (allowed: readonly string[], target: string): boolean =>
  allowed.some((each) => target === each || (/[/:]$/.test(each) && target.startsWith(each)))

const longestMatch = (folders: readonly string[], path: string): string | undefined =>
  folders.filter((folder) => isAny([folder], path)).sort((a, b) => b.length - a.length)[0]

type Node = { type: string; [child: string]: unknown }
type Read = { imported: string[]; used: Set<string> }

/** What a file imports, in whatever form, and the outer names it uses, dotted: `process.env.HOME`, `new Date()`. */
const read = (path: string, contents: string): Read => {
  const found: Read = { imported: [], used: new Set() }
  const program: unknown = parseAst(contents, { lang: path.endsWith('.js') ? 'js' : 'ts' }, path)
  visit(program, (node) => {
    if (importing.has(node.type) && node['source']) {
      const target = targetOf(path, node['source'] as Node)
      found.imported.push(target)
      if (target === 'node:process') found.used.add(target)
    }
    const name = nameOf(node)
    if (name !== undefined) found.used.add(name)
  })
  return found
}

const importing = new Set([
  'ImportDeclaration',
  'ImportExpression',
  'ExportAllDeclaration',
  'ExportNamedDeclaration',
  'TSImportType',
])

const targetOf = (path: string, source: Node): string => {
  const specifier = source['value']
  if (typeof specifier !== 'string') return 'what it does not write out'
  if (specifier.startsWith('.')) return posix.join(posix.dirname(path), specifier)
  if (specifier.startsWith('node:')) return specifier
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

const nameOf = (node: Node): string | undefined => {
  if (node.type === 'Identifier') return String(node['name'])
  if (node.type === 'MemberExpression' || node.type === 'TSQualifiedName') return dotted(node)
  const isCall = node.type === 'NewExpression' || node.type === 'CallExpression'
  if (!isCall || dotted(node['callee'] as Node) !== 'Date') return undefined
  if (node.type === 'CallExpression') return 'Date()'
  return (node['arguments'] as unknown[]).length === 0 ? 'new Date()' : undefined
}

/** `Date.now` for `Date.now`, `globalThis.Date.now` and `Date['now']`; undefined where it does not begin with a name. */
const dotted = (node: Node): string | undefined => {
  if (node.type === 'Identifier') return String(node['name'])
  const [left, right] =
    node.type === 'TSQualifiedName' ? [node['left'], node['right']] : [node['object'], node['property']]
  if (left === undefined || right === undefined) return undefined
  const beginning = dotted(left as Node)
  const member = (right as Node)['name'] ?? (right as Node)['value']
  if (beginning === undefined || typeof member !== 'string') return undefined
  return beginning === 'globalThis' ? member : `${beginning}.${member}`
}

/** Calls back for every node but labels (keys, names on the other side of an import) and the parts of a dotted name. */
const visit = (value: unknown, onNode: (node: Node) => void): void => {
  if (Array.isArray(value)) for (const each of value) visit(each, onNode)
  if (typeof value !== 'object' || value === null || !('type' in value)) return
  const node = value as Node
  onNode(node)
  if ((node.type === 'MemberExpression' || node.type === 'TSQualifiedName') && dotted(node) !== undefined)
    return
  for (const [child, inner] of Object.entries(node)) {
    if (!labels.has(child) || node['computed'] === true) visit(inner, onNode)
  }
}

const labels = new Set(['key', 'property', 'imported', 'exported', 'qualifier', 'label'])
