import { existsSync } from 'node:fs'
import { pino } from 'pino'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { exampleService } from '../../src/http/openapi/example-ledger.ts'
import { openapiDocument } from '../../src/http/openapi.ts'
import { listen, type Listening } from '../../src/http/server.ts'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const missing = !existsSync(executablePath)
if (missing)
  console.warn(`There is no Chromium at ${executablePath}: the page /docs is not tested. Set CHROMIUM.`)

const args = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Chromium has no sandbox for root, as whom containers run.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]

// The page takes seconds to unfold an operation of so large a document, and more on a busy machine.
const patience = 120_000

describe.skipIf(missing)(`the page /docs in ${executablePath}`, { timeout: patience }, () => {
  const requested: string[] = []
  const complaints: string[] = []
  let listening: Listening
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    listening = await listen(createApp(exampleService(), pino({ level: 'silent' })), '127.0.0.1', 0)
    browser = await chromium.launch({ executablePath, args })
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    page.setDefaultTimeout(patience)
    page.on('request', (request) => requested.push(request.url()))
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${listening.url}/docs`)
    await page.locator('.opblock').first().waitFor()
  }, patience)

  afterAll(async () => {
    await browser?.close()
    await listening?.stop()
  })

  test('shows every operation', async () => {
    const { paths } = await openapiDocument()
    const told = Object.entries(paths!).flatMap(([path, methods]) =>
      Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const shown = await page.locator('.opblock-summary').evaluateAll((summaries) =>
      summaries.map((summary) => {
        const text = (part: string) => summary.querySelector(part)?.textContent?.replaceAll('\u200b', '')
        return `${text('.opblock-summary-method')} ${text('.opblock-summary-path')}`
      }),
    )
    expect(shown.toSorted()).toStrictEqual(told.toSorted())
  })

  test('shows the example of a command, and what it answers', async () => {
    const declare = page.locator('#operations-emergencies-declareEmergency')
    await declare.locator('.opblock-summary-control').click()
    await declare.locator('.responses-table').waitFor()
    expect(await declare.locator('.opblock-section-request-body').textContent()).toContain(
      '"America/Guayaquil"',
    )
    expect(await declare.locator('.response[data-code="201"]').textContent()).toContain('"EmergencyDeclared"')
    expect(await declare.locator('.response[data-code="409"]').textContent()).toContain('lifecycle_violation')
  })

  test('records when it is tried out', async () => {
    const declare = page.locator('#operations-emergencies-declareEmergency')
    await declare.locator('.try-out__btn').click()
    await declare.locator('.execute').click()
    await declare.locator('.live-responses-table').waitFor()
    expect(
      await declare.locator('.live-responses-table .response-col_status').last().textContent(),
    ).toContain('201')
    const answer = await fetch(`${listening.url}/v1/projections/active-emergencies`)
    expect(await answer.json()).toMatchObject({
      rows: [{ id: 'ec-110-2024', state: { status: 'in_force' } }],
    })
  })

  test('asked nobody but the service, and had nothing to complain of', () => {
    const elsewhere = requested.filter(
      (url) => !url.startsWith(`${listening.url}/`) && !url.startsWith('data:'),
    )
    expect(requested).toContain(`${listening.url}/openapi.json`)
    expect(elsewhere).toStrictEqual([])
    expect(complaints).toStrictEqual([])
  })
})
