import { z } from 'zod'
import { docsFiles } from '../docs.ts'
import { health, readiness } from '../shapes.ts'
import { anyway, type Content, json, type Operation } from './operation.ts'

const text = (media: string, example: string): Record<string, Content> => ({
  [media]: { schema: z.string(), example },
})

const page = text('text/html', '<!doctype html>\n<html lang="en">…</html>\n')

const tag = 'service'

/** The operations of the service itself: whether it is well, and how it is used. */
export const serviceOperations = (info: object): Operation[] => [
  {
    id: 'home',
    tag,
    summary: 'The front page',
    method: 'get',
    role: null,
    path: '/',
    answers: { 200: { description: 'A page', content: page } },
    problems: anyway,
  },
  {
    id: 'health',
    tag,
    summary: 'Whether the service is alive',
    method: 'get',
    role: null,
    path: '/healthz',
    answers: { 200: { description: 'It is', content: json(health, { status: 'ok' }) } },
    problems: anyway,
  },
  {
    id: 'readiness',
    tag,
    summary: 'Whether the service can answer',
    method: 'get',
    role: null,
    path: '/readyz',
    answers: {
      200: {
        description: 'It can, up to this position',
        content: json(readiness, { status: 'ready', position: 42 }),
      },
    },
    problems: [...anyway, 'unavailable'],
  },
  {
    id: 'openapi',
    tag,
    summary: 'This document',
    method: 'get',
    role: null,
    path: '/openapi.json',
    answers: {
      200: {
        description: 'An OpenAPI 3.1 document',
        content: json(
          z.looseObject({ openapi: z.string(), info: z.looseObject({}), paths: z.looseObject({}) }),
          {
            openapi: '3.1.0',
            info,
            paths: {},
          },
        ),
      },
    },
    problems: anyway,
  },
  {
    id: 'docs',
    tag,
    summary: 'This document, to read and to try out',
    method: 'get',
    role: null,
    path: '/docs',
    answers: { 200: { description: 'A page', content: page } },
    problems: anyway,
  },
  {
    id: 'docs-file',
    tag,
    summary: 'What that page loads',
    method: 'get',
    role: null,
    path: '/docs/{file}',
    params: z.object({ file: z.enum(docsFiles).describe('The name of the file') }),
    answers: {
      200: {
        description: 'The file',
        content: { ...text('text/css', '.swagger-ui {}'), ...text('text/javascript', 'SwaggerUIBundle({})') },
      },
    },
    problems: [...anyway, 'not_found'],
  },
]
