import type { Hono } from 'hono'
import type { createDocument } from './openapi/document.ts'

/** The OpenAPI 3.1 document of the service. */
export type OpenapiDocument = Awaited<ReturnType<typeof createDocument>>

let document: Promise<OpenapiDocument> | null = null

/** The document, made once, when it is first asked for: what makes it takes longer to load than the service does. */
export const openapiDocument = (): Promise<OpenapiDocument> =>
  (document ??= import('./openapi/document.ts').then(({ createDocument }) => createDocument()))

/** Serves the OpenAPI document. */
export const openapiRoutes = (app: Hono): void => {
  app.get('/openapi.json', async (c) => c.json(await openapiDocument()))
}
