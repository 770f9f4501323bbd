import { pino } from 'pino'
import { readSettings } from '../../src/config.ts'
import { open } from '../../src/main.ts'
import { allKinds } from '../../src/vocabulary/index.ts'
import { serveParent } from './child.ts'
import { createRandom } from './random.ts'

// Times lists of the ledger in the file that its argument names, from the question to the last byte of the answer.

export type Listed = { milliseconds: Record<string, number[]>; rows: number }

const settings = readSettings({ LEDGER_LOG: `sqlite:${process.argv[2]}`, LEDGER_PORT: '0' })
const ledgerOpened = () => open(settings, pino({ level: 'silent' }))

serveParent(async (): Promise<Listed> => {
  const milliseconds: Record<string, number[]> = {}
  const timed = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
    const start = performance.now()
    const result = await work()
    const times = (milliseconds[name] ??= [])
    times.push(performance.now() - start)
    return result
  }

  let ledger = await timed('opening', ledgerOpened)
  const ask = async (path: string): Promise<string> => {
    const response = await ledger.app.request(path, { headers: { host: 'localhost' } })
    const body = await response.text()
    if (response.status !== 200) throw new Error(`${path}: ${body}`)
    return body
  }
  // The largest first: what is asked first in a process is also compiled then.
  const lists = [
    'incidents',
    ...allKinds.map(({ plural }) => plural).filter((one) => one !== 'incidents'),
  ].map((plural) => `/v1/${plural}?status=any&limit=1000`)

  const largest = await timed('first list of a process', () => ask(lists[0]!))
  for (const path of lists.slice(1)) await timed('first list of another kind', () => ask(path))
  await timed('first picture', () => ask('/v1/picture'))
  for (let count = 0; count < 20; count++) {
    for (const path of lists) await timed('list again', () => ask(path))
    await timed('picture again', () => ask('/v1/picture'))
  }
  const random = createRandom(1)
  const head = ledger.service.model.position()
  for (let count = 0; count < 5; count++)
    for (const path of lists) {
      const date = `${2023 + random.below(3)}-0${1 + random.below(9)}-15`
      await timed('list at another asOf', () => ask(`${path}&asOf=${date}`))
      await timed('list at another asOf and knownAt', () =>
        ask(`${path}&asOf=${date}&knownAt=${1 + random.below(head)}`),
      )
    }

  await ledger.close()
  ledger = await timed('opening again', ledgerOpened)
  for (const path of lists) await timed('first list, compiled', () => ask(path))

  const texts = [...ledger.service.table.from(0)].map((event) => JSON.stringify(event))
  for (let count = 0; count < 5; count++)
    await timed('JSON.parse of the events', () => {
      for (const text of texts) JSON.parse(text)
    })
  return { milliseconds, rows: (JSON.parse(largest) as { rows: unknown[] }).rows.length }
})
