import { once } from 'node:events'
import { mkdirSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { ListAnswer } from '../../src/cli/answers.ts'
import { place } from './command.ts'

test('the demo answers the three questions for three days, as known then and today, and is gone', async () => {
  const at = place()
  mkdirSync(at.path('temporary'))
  const { code, stdout, stderr } = await at.run(['demo', '--exit'], { env: { TMPDIR: at.path('temporary') } })
  expect([code, stderr]).toStrictEqual([0, ''])
  expect(readdirSync(at.folder)).toStrictEqual(['temporary'])
  expect(readdirSync(at.path('temporary'))).toStrictEqual([])

  const [, ...days] = stdout.split(/^━━ As of the end of /m)
  expect(days.map((day) => day.slice(0, 10))).toStrictEqual(['2024-01-08', '2024-01-09', '2024-01-10'])
  for (const day of days)
    expect(day.match(/^(active-emergencies|escaped-fugitives|deployed-units)$/gm)).toHaveLength(3)
  const part = (day: number, question: string, known: string) => {
    const [, answers = ''] = days[day]!.split(`\n${question}\n`)
    return answers.split(new RegExp(`^  .*as known ${known}.*\n`, 'm'))[1]!.split(/^\n|^  as known/m)[0]!
  }
  expect(part(0, 'escaped-fugitives', 'that day')).toMatch(
    /1 reported_escaped \(certain 1, possible 0\), 0 at_large/,
  )
  expect(part(0, 'escaped-fugitives', 'today')).toMatch(
    /0 reported_escaped, 2 at_large \(certain 1, possible 1\)/,
  )
  expect(part(1, 'active-emergencies', 'that day')).toMatch(
    /^ {4}beside it 1 announced \(certain 1, possible 0\): State of emergency along the northern border of\n {6}Peru \[pe-north-2024\]$/m,
  )
  expect(part(2, 'active-emergencies', 'that day')).toMatch(/2 in_force/)
  expect(part(2, 'active-emergencies', 'today')).toMatch(/pe-north-2024\n {4}beside it 0 announced/)
  expect(part(1, 'deployed-units', 'that day')).toMatch(
    /0 en_route, 0 on_site\n {4}beside it 1 ordered .*: Diroes/,
  )
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
})

test('the demo listens on another port when its own is taken, says so, and ends when told', async () => {
  const at = place()
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  const child = at.start(['demo'], { LEDGER_PORT: String(port) })
  let stdout = ''
  const listening = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      const url = /The demo listens on (\S+) until Ctrl-C/.exec(stdout)?.[1]
      if (url) resolve(url)
    })
  })
  const url = await listening
  expect(stdout).toContain(`Port ${port} is taken, so this is another one.`)
  const answer = (await (
    await fetch(`${url}/v1/projections/active-emergencies?asOf=2024-01-11`)
  ).json()) as ListAnswer
  expect(answer.counts['in_force']).toStrictEqual({ certain: 3, possible: 0 })
  child.kill('SIGTERM')
  expect(await once(child, 'close')).toStrictEqual([0, null])
})

test('the demo is gone also when nobody reads on', async () => {
  const at = place()
  const child = at.start(['demo', '--exit'], { TMPDIR: at.folder })
  child.stdout.destroy()
  const [code] = (await once(child, 'close')) as [number | null]
  expect([code, readdirSync(at.folder)]).toStrictEqual([141, []])
})
