import { expect, test } from 'vitest'
import { receiptText } from '../../src/http/receipt.ts'
import { requestOf } from '../../src/ledger/line.ts'
import { generated } from '../bench/generator.ts'
import { openService } from '../service.ts'

test('a receipt that is put together from texts says what it is, letter by letter the same each time', async () => {
  await using opened = await openService()
  const { ledger, model } = opened.service
  opened.at('2025-01-01T00:00:00.000Z')
  for (const { recordedAt: _recordedAt, ...line } of generated(600)) {
    const request = requestOf(line, 'desk')
    const first = await ledger.execute(request, 'record')
    const again = await ledger.execute(request, 'record')
    expect(again).toMatchObject({ replayed: true })
    const texts = [first, again].map((executed) => {
      const { stream } = executed.event
      const told = receiptText(executed, (state) => model.textOf(stream, state))
      const { event, state, position, revision, flags } = executed
      expect(JSON.parse(told)).toStrictEqual(
        JSON.parse(JSON.stringify({ event, state, position, revision, flags })),
      )
      return told
    })
    const stored = opened.service.table.one(first.event.id)
    expect(texts[0]).toContain(`{"event":${JSON.stringify(stored)},`)
    expect(texts[1]).toBe(texts[0])
  }
})
