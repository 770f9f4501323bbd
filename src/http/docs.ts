import { readFile } from 'node:fs/promises'
import type { Hono } from 'hono'
import { html } from 'hono/html'
import { LedgerError } from '../errors.ts'

/** The files that the page loads, all from here. */
export const docsFiles = ['swagger-ui.css', 'swagger-ui-bundle.js', 'start.js'] as const

/** The page writes styles of its own; nothing else of it may come from elsewhere. */
const policy = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "frame-ancestors 'none'",
].join('; ')

const start = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  validatorUrl: null,
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  filter: true,
})
`

const page = (head: unknown, body: unknown) =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Crisis Ledger: how to record and to ask</title>
        <link rel="icon" href="data:," />
        ${head}
      </head>
      <body>
        ${body}
      </body>
    </html>`

const withUi = page(
  html`<link rel="stylesheet" href="/docs/swagger-ui.css" />`,
  html`<div id="docs"></div>
    <noscript>This page needs JavaScript. <a href="/openapi.json">The same for programs</a>.</noscript>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>`,
)

const withoutUi = page(
  '',
  html`<h1>Crisis Ledger</h1>
    <p>
      What can be recorded and asked is described in <a href="/openapi.json">the OpenAPI document</a>, with an
      example of everything. Any OpenAPI viewer shows it.
    </p>
    <p>
      To read it here, add the package that shows it, and load this page again:
      <code>npm install --no-save --ignore-scripts swagger-ui-dist</code>
    </p>`,
)

type ReadFile = (name: string) => Promise<string | null>

/** A file of Swagger UI; null where that is not installed, as in an installation without development packages. */
const installed: ReadFile = async (name) => {
  try {
    return await readFile(new URL(import.meta.resolve(`swagger-ui-dist/${name}`)), 'utf8')
  } catch {
    return null
  }
}

/** The page that shows the OpenAPI document, without a request to anywhere else. */
export const docsRoutes = (app: Hono, uiFile: ReadFile = installed): void => {
  app.get('/docs', async (c) =>
    c.html((await uiFile('swagger-ui.css')) === null ? withoutUi : withUi, 200, {
      'content-security-policy': policy,
    }),
  )
  app.get('/docs/:file', async (c) => {
    const file = docsFiles.find((name) => name === c.req.param('file'))
    const text = file === 'start.js' ? start : file ? await uiFile(file) : null
    if (!file || text === null)
      throw new LedgerError('not_found', `There is nothing at ${c.req.path}; see /docs.`)
    const type = file.endsWith('.css') ? 'text/css' : 'text/javascript'
    return c.body(text, 200, { 'content-type': `${type}; charset=utf-8`, 'content-security-policy': policy })
  })
}
