import { z } from 'zod'
import { docsFiles } from '../docs.ts'
import { health, projections, readiness } from './shapes/service.ts'
import { projectionParameters } from '../projections.ts'
import { anyway, asking, type Content, json, type Operation } from './operation.ts'

const text = (media: string, example: string): Record<string, Content> => ({
  [media]: { schema: z.string(), example },
})

const page = text('text/html', '<!doctype html>\n<html lang="en">…</html>\n')

const tag = 'service'

const live = {
  position: 42,
  head: 42,
  lagMs: 0,
  status: 'live',
  fingerprint: '5f1c0d9be7a24f0c8d3a6b1e9f704c52',
  unknownTypes: {},
  lastError: null,
}

const rebuilding = {
  ...live,
  status: 'rebuilding',
  progress: { position: 0, head: 42, share: 0, eventsPerSecond: null, secondsLeft: null },
}

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
        content: json(readiness, { status: 'ready', position: 42, lagMs: 0 }),
      },
    },
    problems: [...anyway, 'unavailable'],
  },
  {
    id: 'projections',
    tag,
    summary: 'How far the answers are, and whether they are being made anew',
    method: 'get',
    path: '/v1/projections',
    query: projectionParameters,
    answers: { 200: { description: 'How they are', content: json(projections, live) } },
    problems: asking,
  },
  {
    id: 'rebuild',
    tag,
    summary: 'Make the answers anew from the log, beside those that are given meanwhile',
    description:
      'One that was broken off is gone on with from what was on the disk by then. What is made anew is compared with what answers before it takes over.',
    method: 'post',
    role: 'admin',
    path: '/v1/projections/rebuild',
    answers: { 202: { description: 'It has begun', content: json(projections, rebuilding) } },
    problems: asking,
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
