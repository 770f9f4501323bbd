import { OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import type { ErrorCode } from '../../errors.ts'
import { allKinds } from '../../vocabulary/index.ts'
import type { Problem } from '../problem.ts'
import { roleOf, roles } from '../../keys/role.ts'
import { problems as problemShapes } from './shapes/problem.ts'
import { changeOperations } from './changes.ts'
import { commandOperations } from './commands.ts'
import { ledgerOperations } from './ledger.ts'
import type { Answer, Content } from './operation.ts'
import { exampleProblems } from './problems.ts'
import { questionOperations } from './questions.ts'
import { serviceOperations } from './service.ts'

const info = {
  title: 'Crisis Ledger',
  version: '1',
  description:
    'Every statement and measure of a crisis as an immutable, sourced event. Every question takes two moments: ' +
    '`asOf`, what held in the world, and `knownAt`, as far as the ledger knew.',
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
}

const tags = [
  { name: 'questions', description: 'What held, as far as it was known' },
  ...allKinds.map(({ plural, about }) => ({ name: plural, description: about })),
  { name: 'events', description: 'The ledger itself, and what is said about its events' },
  { name: 'service', description: 'The service itself' },
]

const accessKey = {
  type: 'http',
  scheme: 'bearer',
  description:
    'Where the service takes access keys: one that `crisis-ledger key add` made. Each role does what those before it ' +
    `do: ${roles.map((role) => `\`${role}\``).join(', ')}. A service without keys listens on loopback only, and takes none.`,
} as const

type Registry = OpenAPIHono['openAPIRegistry']
type Schemas = ReadonlyMap<z.ZodType, object>
type Reference = { $ref: string }

/** The OpenAPI 3.1 document of the service: made from the vocabulary and the schemas its routes stand on. */
export const createDocument = async () => {
  const app = new OpenAPIHono()
  const registry = app.openAPIRegistry
  const operations = [
    ...(await questionOperations()),
    ...(await changeOperations()),
    ...(await commandOperations()),
    ...(await ledgerOperations()),
    ...serviceOperations(info),
  ]
  const { components, schemas } = jsonSchemas([
    ...operations.flatMap(({ body, answers }) => [body, ...Object.values(answers)].flatMap(schemasIn)),
    ...Object.values(problemShapes),
  ])
  for (const [name, schema] of Object.entries(components)) registry.registerComponent('schemas', name, schema)
  const problems = problemResponses(registry, schemas, await exampleProblems())
  const answer = answersWith(registry, schemas)
  registry.registerComponent('securitySchemes', 'accessKey', accessKey)

  for (const {
    id,
    tag,
    summary,
    description,
    method,
    path,
    role = roleOf(method),
    body,
    ...operation
  } of operations)
    registry.registerPath({
      operationId: id.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      tags: [tag],
      summary,
      ...(description !== undefined && { description }),
      method,
      path,
      security: role === null ? [] : [{ accessKey: [role] }],
      request: {
        params: shown(operation.params),
        query: shown(operation.query),
        headers: operation.headers,
        ...(body && {
          body: {
            description: body.description,
            required: true,
            content: contentWith(schemas, body.content),
          },
        }),
      },
      responses: {
        ...Object.fromEntries(Object.entries(operation.answers).map(([status, of]) => [status, answer(of)])),
        ...Object.fromEntries(operation.problems.map((code) => problems.get(code)!)),
      },
    })
  const { webhooks: _none, ...document } = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info,
    tags,
    security: [],
  })
  return document
}

const contentWith = (schemas: Schemas, content: Readonly<Record<string, Content>>) =>
  Object.fromEntries(
    Object.entries(content).map(([media, { schema, of, ...example }]) => [
      media,
      { schema: schemas.get(schema)!, ...(of && { 'x-item-schema': schemas.get(of)! }), ...example },
    ]),
  )

/** A response of each problem, and its status. */
const problemResponses = (
  registry: Registry,
  schemas: Schemas,
  examples: Partial<Record<ErrorCode, readonly Problem[]>>,
) =>
  new Map(
    Object.values(examples).map((several): [ErrorCode, [status: number, response: Reference]] => {
      const { code, status, title } = several[0]!
      const shown = several.map((value, index) => [`example${index + 1}`, { summary: value.detail, value }])
      const content: Content = {
        schema: problemShapes[code],
        ...(several.length === 1 ? { example: several[0] } : { examples: Object.fromEntries(shown) }),
      }
      const { ref } = registry.registerComponent('responses', code, {
        description: `\`${code}\`: ${title}`,
        content: contentWith(schemas, { 'application/problem+json': content }),
        ...(code === 'unauthorized' && { headers: { 'WWW-Authenticate': authenticate } }),
        ...(code === 'unavailable' && { headers: { 'Retry-After': retryAfter } }),
      })
      return [code, [status, ref]]
    }),
  )

const authenticate = { description: 'How to be let in: `Bearer`', schema: { type: 'string' } } as const
const retryAfter = { description: 'When to come back, in seconds', schema: { type: 'integer' } } as const

/** Makes responses of answers; one that operations share is said once. */
const answersWith = (registry: Registry, schemas: Schemas) => {
  const said = new Map<string, Reference>()
  return ({ shared, description, headers, content }: Answer) => {
    const response = { description, content: contentWith(schemas, content) }
    if (shared === undefined) return { ...response, ...(headers && { headers }) }
    const reference = said.get(shared) ?? registry.registerComponent('responses', shared, response).ref
    said.set(shared, reference)
    return reference
  }
}

const schemasIn = (of: { content: Readonly<Record<string, Content>> } | undefined): z.ZodType[] =>
  Object.values(of?.content ?? {}).flatMap(({ schema, of: each }) => (each ? [schema, each] : [schema]))

/** Schemas as JSON Schema, as one writes what they read: those with a name become components and are referred to. */
const jsonSchemas = (list: readonly z.ZodType[]) => {
  const distinct = [...new Set(list)]
  // In a tuple, because a schema is not referred to where it is the whole.
  const { $defs = {}, prefixItems = [] } = withComponents(
    z.toJSONSchema(z.tuple(distinct as [z.ZodType]), { io: 'input' }),
  )
  return {
    components: $defs as Record<string, object>,
    schemas: new Map(distinct.map((schema, index) => [schema, prefixItems[index] as object])),
  }
}

const withComponents = <S>(schema: S): S =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as S

/** Parameters come as text; those that are read as numbers are shown as numbers. */
const shown = (parameters: z.ZodObject | undefined): z.ZodObject | undefined =>
  parameters &&
  z.object(
    Object.fromEntries(
      Object.entries(parameters.shape as Record<string, z.ZodType>).map(([name, schema]) => {
        if (typeof schema.safeParse('1').data !== 'number') return [name, schema]
        return [name, schema.meta({ type: schema.safeParse('1.5').success ? 'number' : 'integer' })]
      }),
    ),
  )
