import { Hono } from 'hono'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { projections, questions } from '../../projections/index.ts'
import { createApp } from '../../src/http/app.ts'
import { docsRoutes } from '../../src/http/docs.ts'
import { exampleService } from '../../src/http/openapi/example-ledger.ts'
import * as changeShapes from '../../src/http/openapi/shapes/change.ts'
import * as eventShapes from '../../src/http/openapi/shapes/event.ts'
import * as problemShapes from '../../src/http/openapi/shapes/problem.ts'
import * as receiptShapes from '../../src/http/openapi/shapes/receipt.ts'
import * as rowShapes from '../../src/http/openapi/shapes/row.ts'
import * as serviceShapes from '../../src/http/openapi/shapes/service.ts'
import * as versionShapes from '../../src/http/openapi/shapes/version.ts'
import { openapiDocument } from '../../src/http/openapi.ts'
import { problemResponse } from '../../src/http/problem.ts'
import { parseCommand, type Request } from '../../src/ledger/command.ts'
import { allKinds } from '../../src/vocabulary/index.ts'
import { metaCommands } from '../../src/vocabulary/meta.ts'

type Json = Record<string, unknown>
type Content = {
  schema: Json
  'x-item-schema'?: Json
  example?: unknown
  examples?: Record<string, { value: unknown }>
}
type Response = { description: string; content: Record<string, Content>; headers?: Json }
type Parameter = { name: string; in: string; required: boolean; description?: string; schema: Json }
type Operation = {
  operationId: string
  tags: string[]
  summary: string
  description?: string
  parameters?: Parameter[]
  requestBody?: { required: boolean; content: Record<string, Content> }
  responses: Record<string, Response | { $ref: string }>
}

const document = JSON.parse(JSON.stringify(await openapiDocument())) as Json & {
  openapi: string
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Json>; responses: Record<string, Response> }
}

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    method,
    path,
    name: `${method} ${path}`,
    ...operation,
  })),
)
const operation = (name: string) => operations.find((each) => each.name === name)!

const target = (reference: string): unknown => {
  let value: unknown = document
  for (const part of reference.replace(/^#\//, '').split('/'))
    value = (value as Json | undefined)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')]
  return value
}
const response = (of: Response | { $ref: string }): Response =>
  '$ref' in of ? (target(of.$ref) as Response) : of

const references = (value: unknown): string[] => {
  if (value === null || typeof value !== 'object') return []
  const own = (value as Json)['$ref']
  return [...(typeof own === 'string' ? [own] : []), ...Object.values(value).flatMap(references)]
}

const examples = ({ example, examples: several }: Content): unknown[] =>
  several ? Object.values(several).map(({ value }) => value) : [example]

const rebuildPath = '/v1/projections/rebuild'

describe('the document', () => {
  test('is OpenAPI 3.1, and says what it is', () => {
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Crisis Ledger', version: '1', license: { identifier: 'Apache-2.0' } },
    })
    expect(Object.keys(document).toSorted()).toStrictEqual(
      ['components', 'info', 'openapi', 'paths', 'security', 'tags'].toSorted(),
    )
  })

  test('refers only to what is in it', () => {
    const all = references(document)
    expect(all.length).toBeGreaterThan(1000)
    expect([...new Set(all)].filter((reference) => target(reference) === undefined)).toStrictEqual([])
  })

  test('has no component that nothing refers to', () => {
    const used = new Set(references(document))
    // What names a way to be let in is named, not referred to.
    const { securitySchemes: _schemes, ...components } = document.components as Record<string, Json>
    const all = Object.entries(components).flatMap(([kind, named]) =>
      Object.keys(named).map((name) => `#/components/${kind}/${name}`),
    )
    expect(all.filter((component) => !used.has(component))).toStrictEqual([])
  })

  test('gives every operation a name of its own, a tag that is explained, and a sentence', () => {
    const ids = operations.map(({ operationId }) => operationId)
    expect(ids.filter((id) => !/^[a-z][A-Za-z]+$/.test(id))).toStrictEqual([])
    expect(new Set(ids).size).toBe(ids.length)
    const tags = document.tags.map(({ name }) => name)
    expect(
      operations.filter(({ tags: [tag, ...more] }) => !tags.includes(tag!) || more.length > 0),
    ).toStrictEqual([])
    expect(operations.filter(({ summary }) => !summary)).toStrictEqual([])
    expect(document.tags.filter(({ description }) => !description)).toStrictEqual([])
  })

  test('describes every parameter, and each of an address is required', () => {
    for (const { name, path, parameters = [] } of operations) {
      expect(
        parameters.filter(({ description }) => !description),
        `of ${name}`,
      ).toStrictEqual([])
      const inPath = parameters.filter(({ in: where }) => where === 'path')
      expect(
        inPath.map((parameter) => parameter.name),
        `of ${name}`,
      ).toStrictEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter))
      expect(
        inPath.every(({ required }) => required),
        `of ${name}`,
      ).toBe(true)
      const rest = parameters.filter(({ in: where }) => where !== 'path')
      expect(
        rest.filter(({ required }) => required),
        `of ${name}`,
      ).toStrictEqual([])
    }
  })

  test('shows an example of everything that is sent and answered', () => {
    for (const { name, path, method, requestBody, responses } of operations) {
      expect(requestBody !== undefined, `of ${name}`).toBe(method === 'post' && path !== rebuildPath)
      const contents = [requestBody, ...Object.values(responses).map(response)].flatMap((of) =>
        Object.values(of?.content ?? {}),
      )
      const shown = contents.flatMap(examples)
      expect(shown.length, `of ${name}`).toBeGreaterThan(0)
      expect(
        shown.filter((example) => example === undefined),
        `of ${name}`,
      ).toStrictEqual([])
      expect(
        Object.keys(responses).filter((status) => status.startsWith('2')).length,
        `of ${name}`,
      ).toBeGreaterThan(0)
    }
  })

  test('is made once', () => {
    expect(openapiDocument()).toBe(openapiDocument())
  })
})

const app = createApp(exampleService(), pino({ level: 'silent' }))

describe('the routes', () => {
  const nameless = (path: string) => path.replaceAll(/\{\w+\}|:\w+/g, '{}')
  const served = (method: string) =>
    new Set(
      app.routes
        .filter((route) => route.method === method && !route.path.includes('*'))
        .map(({ path }) => nameless(path)),
    )
  const told = (method: string) => operations.filter((each) => each.method === method).map(({ path }) => path)

  test('that are asked are all in the document, and no others', () => {
    expect(told('get').map(nameless).toSorted()).toStrictEqual([...served('GET')].toSorted())
  })

  test('that record are there for every command, and no others', () => {
    const ofKinds = allKinds.flatMap(({ plural, commands }) =>
      [...commands.keys()].map((command) => `/v1/${plural}/{id}/${command}`),
    )
    const ofEvents = Object.keys(metaCommands).map((command) => `/v1/events/{eventId}/${command}`)
    expect(ofKinds.length).toBeGreaterThan(60)
    expect(told('post').toSorted()).toStrictEqual(
      [...ofKinds, ...ofEvents, '/v1/import', rebuildPath].toSorted(),
    )
    const fixed = ['/v1/import', rebuildPath]
    const shapes = told('post').map((path) =>
      fixed.includes(path) ? path : nameless(path.replace(/[^/}]+$/, '{command}')),
    )
    expect(new Set(shapes)).toStrictEqual(new Set(served('POST')))
  })

  test('are of no other method', () => {
    expect(new Set(operations.map(({ method }) => method))).toStrictEqual(new Set(['get', 'post']))
  })

  test('tell the values of their own kind', () => {
    const described = (path: string, name: string) =>
      operation(`get ${path}`).parameters!.find((parameter) => parameter.name === name)?.description
    for (const { kind, statuses } of projections) {
      const path = `/v1/${kind.plural}`
      expect(described(path, 'status')).toBe(
        `Statuses joined by commas, \`active\` (default) or \`any\`: ${statuses.join(', ')}`,
      )
      expect(described(path, 'type')).toBe(kind.types && `Types joined by commas: ${kind.types.join(', ')}`)
    }
    expect(
      [...questions.keys()].map((name) => described(`/v1/projections/${name}`, 'status') !== undefined),
    ).toStrictEqual([true, true, true])
  })

  test('show what is read as a number as a number', () => {
    const { parameters = [] } = operation('get /v1/replay')
    const type = (name: string) => parameters.find((parameter) => parameter.name === name)!.schema['type']
    expect([type('speed'), type('minPosition'), type('asOf')]).toStrictEqual(['number', 'integer', 'string'])
  })

  test('answer with the problems that they can have', () => {
    const codes = (name: string) =>
      Object.entries(operation(name).responses).flatMap(([status, of]) =>
        '$ref' in of ? [`${status} ${of.$ref.split('/').at(-1)}`] : [status],
      )
    expect(codes('post /v1/emergencies/{id}/declare')).toStrictEqual([
      '200 dryRun',
      '201',
      '400 invalid',
      '401 unauthorized',
      '403 forbidden',
      '409 lifecycle_violation',
      '412 revision_conflict',
      '413 too_large',
      '415 unsupported_media_type',
      '422 idempotency_mismatch',
      '500 internal',
      '503 unavailable',
    ])
    expect(codes('post /v1/events/{eventId}/correct')).toContain('404 not_found')
    expect(codes('post /v1/events/{eventId}/correct')).not.toContain('409 lifecycle_violation')
    expect(codes('get /v1/fugitives/{id}')).toStrictEqual([
      '200',
      '400 invalid',
      '401 unauthorized',
      '403 forbidden',
      '404 not_found',
      '500 internal',
      '503 unavailable',
    ])
  })

  test('say what a receipt has in its headers', () => {
    const recorded = response(operation('post /v1/emergencies/{id}/declare').responses['201']!)
    expect(Object.keys(recorded.headers!)).toStrictEqual([
      'Location',
      'ETag',
      'Ledger-Position',
      'Idempotency-Replayed',
    ])
    expect(Object.keys(document.components.responses['unavailable']!.headers!)).toStrictEqual(['Retry-After'])
  })
})

describe('a request example', () => {
  const body = (name: string): Json =>
    operation(name).requestBody!.content['application/json']!.example as Json
  const read = (about: Request['about'], command: string, said: unknown) =>
    parseCommand({ about, command, body: said, recordedBy: 'desk' })
  const ofKinds = allKinds.flatMap((kind) =>
    [...kind.commands.values()].map((command) => [kind.name, command.name, kind, command] as const),
  )

  test.each(ofKinds)('is read as the command it is of: %s, %s', (_kind, _command, kind, { name, event }) => {
    const said = body(`post /v1/${kind.plural}/{id}/${name}`)
    const about = { kind: kind.name, id: kind.example }
    expect(read(about, name, said)).toMatchObject({ command: { name, event }, data: said['data'] })
    expect(() => read(about, name, { ...said, colour: 'red' })).toThrow('unknown field "colour"')
  })

  test.each(Object.keys(metaCommands))('is read as the command about an event it is of: %s', (name) => {
    const said = body(`post /v1/events/{eventId}/${name}`)
    const about = { event: 'emergency-ec-110-2024#decree-110' }
    expect(read(about, name, said)).toMatchObject({ meta: name, data: said['data'] })
  })

  test('of an import is read line by line', () => {
    const { example } = operation('post /v1/import').requestBody!.content['application/x-ndjson']!
    expect(
      (example as string)
        .trim()
        .split('\n')
        .map((line) => Object.keys(JSON.parse(line) as Json)),
    ).toStrictEqual([
      ['kind', 'id', 'command', 'key', 'when', 'zone', 'source', 'places', 'crisis', 'data'],
      ['command', 'source', 'data'],
      ['kind', 'id', 'command', 'source', 'data'],
    ])
  })

  test('and its schema differ where one of two fields is to be given', () => {
    expect(document.components.schemas['EmergencyExtended']).toMatchObject({
      oneOf: [{ required: ['term'] }, { required: ['until'] }],
    })
  })

  test('may name an actor only', () => {
    expect(document.components.schemas['Actor']).toMatchObject({
      anyOf: [{ type: 'string' }, { type: 'object' }],
    })
    expect(document.components.schemas['RecordedActor']).toMatchObject({ type: 'object' })
  })
})

describe('a response example', () => {
  const shapes = {
    ...changeShapes,
    ...eventShapes,
    ...receiptShapes,
    ...rowShapes,
    ...serviceShapes,
    ...versionShapes,
  }
  const named = new Map(
    [...Object.values(shapes), ...Object.values(problemShapes.problems)]
      .filter((shape) => shape instanceof z.ZodType)
      .map((shape) => [z.globalRegistry.get(shape)?.id, shape]),
  )
  const shapesOf = (schema: Json): z.ZodType[] =>
    references(schema).map((reference) => named.get(reference.split('/').at(-1))!)

  /** The one shape of these that a value has, as that shape reads it. */
  const read = (of: z.ZodType[], value: unknown): unknown[] =>
    of.map((shape) => shape.safeParse(value)).flatMap(({ success, data }) => (success ? [data] : []))

  const contents = operations.flatMap(({ name, responses }) =>
    Object.entries(responses).flatMap(([status, of]) =>
      Object.entries(response(of).content).map(([media, content]) => ({
        where: `${name} ${status}`,
        media,
        content,
      })),
    ),
  )
  const values = contents.filter(({ media }) => media.endsWith('json') && media !== 'application/x-ndjson')

  test('that is a value has the shape that its schema names', () => {
    const unnamed = values
      .filter(({ content }) => references(content.schema).length === 0)
      .map(({ where }) => where)
    expect(unnamed).toStrictEqual(['get /openapi.json 200'])
    for (const { where, content } of values)
      if (references(content.schema).length > 0)
        for (const example of examples(content)) {
          expect(read(shapesOf(content.schema), example), `of ${where}`).toStrictEqual([example])
        }
  })

  test('that is lines has in each the shape that its schema names', () => {
    const streams = contents.filter(({ content }) => content['x-item-schema'])
    expect(new Set(streams.map(({ media }) => media))).toStrictEqual(
      new Set(['application/x-ndjson', 'text/event-stream']),
    )
    for (const { where, media, content } of streams) {
      const lines = media.endsWith('ndjson')
        ? (content.example as string).trim().split('\n')
        : [...(content.example as string).matchAll(/^event: (?!end)\w+\n(?:id: \d+\n)?data: (.*)$/gm)].map(
            ([, data]) => data!,
          )
      expect(lines.length, `of ${where}`).toBeGreaterThan(0)
      for (const line of lines) {
        const value: unknown = JSON.parse(line)
        expect(read(shapesOf(content['x-item-schema']!), value), `of ${where}`).toStrictEqual([value])
      }
    }
  })

  test('of a problem is of its status', () => {
    for (const { responses } of operations)
      for (const [status, of] of Object.entries(responses))
        for (const example of Object.values(response(of).content).flatMap(examples)) {
          const told = (example as { status?: unknown } | null)?.status
          if (typeof told === 'number') expect(String(told)).toBe(status)
        }
  })

  test('tells of the state the command leads to, unflagged; a retraction leaves none', () => {
    for (const { path, method, responses } of operations.filter(({ responses }) => '201' in responses)) {
      const { example } = response(responses['201']!).content['application/json']!
      const { flags, state } = example as z.output<typeof receiptShapes.receipt>
      expect(flags, `${method} ${path}`).toStrictEqual([])
      expect(state.state === null, `${method} ${path}`).toBe(path.endsWith('/retract'))
    }
  })

  test.each(['active-emergencies', 'escaped-fugitives', 'deployed-units'])(
    'of a question has a row: %s',
    (name) => {
      const { example } = response(operation(`get /v1/projections/${name}`).responses['200']!).content[
        'application/json'
      ]!
      expect((example as z.output<typeof rowShapes.list>).rows.length).toBe(1)
    },
  )
})

describe('a shape', () => {
  const receipt = () => {
    const { content } = response(operation('post /v1/emergencies/{id}/declare').responses['201']!)
    return structuredClone(content['application/json']!.example) as Record<'event' | 'state', Json> & Json
  }

  test.each<[string, (given: ReturnType<typeof receipt>) => void]>([
    ['a field that is not there', (given) => delete given['flags']],
    ['a field too many', (given) => (given['colour'] = 'red')],
    ['a field too many in a row', (given) => (given.state['colour'] = 'red')],
    [
      'an actor that is only a name',
      (given) => (given.event['source'] = { ...(given.event['source'] as Json), speaker: 'A' }),
    ],
    ['a moment in another spelling', (given) => (given.event['recordedAt'] = '2024-01-20T14:00:00Z')],
    ['data that is not of the type', (given) => (given.event['data'] = { type: 'riot' })],
  ])('refuses %s', (_, spoil) => {
    const given = receipt()
    expect(receiptShapes.receipt.safeParse(given).success).toBe(true)
    spoil(given)
    expect(receiptShapes.receipt.safeParse(given).success).toBe(false)
  })
})

describe('the pages', () => {
  const get = async (path: string, of: Hono = app) => of.request(`http://localhost${path}`)

  test('serve the document', async () => {
    const answer = await get('/openapi.json')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'/)
    expect(await answer.json()).toStrictEqual(document)
  })

  test('show it under a policy that lets in nothing from elsewhere', async () => {
    const answer = await get('/docs')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/)
    expect(answer.headers.get('content-security-policy')).toBe(
      "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
    )
    expect(await answer.text()).not.toMatch(/(src|href)="(?!\/(?!\/)|data:)/)
  })

  test.each([
    ['swagger-ui.css', 'text/css', '.swagger-ui'],
    ['swagger-ui-bundle.js', 'text/javascript', 'SwaggerUIBundle'],
    ['start.js', 'text/javascript', 'validatorUrl: null'],
  ])('load %s from here', async (file, type, part) => {
    const answer = await get(`/docs/${file}`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe(`${type}; charset=utf-8`)
    expect(await answer.text()).toContain(part)
  })

  test.each(['index.html', 'package.json', '..%2Fpackage.json', 'swagger-ui-bundle.js.map'])(
    'give no other file: %s',
    async (file) => {
      const answer = await get(`/docs/${file}`)
      expect(answer.status).toBe(404)
      expect(await answer.json()).toMatchObject({ code: 'not_found' })
    },
  )

  test('say how to get what shows it, where that is not installed', async () => {
    const bare = new Hono()
    docsRoutes(bare, () => Promise.resolve(null))
    bare.onError(problemResponse)
    const page = await (await get('/docs', bare)).text()
    expect(page).toContain('npm install --no-save --ignore-scripts swagger-ui-dist')
    expect(page).toContain('<a href="/openapi.json">')
    expect(page).not.toContain('<script')
    expect((await get('/docs/swagger-ui.css', bare)).status).toBe(404)
  })
})
