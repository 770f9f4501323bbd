import type { AllStreamRecordedEvent } from '@eventstore/db-client'
import { describe, expect, test } from 'vitest'
import { createBatch, type Own } from '../../src/log/batch.ts'
import { proposed } from '../../src/log/eventstoredb/record.ts'
import { createSent } from '../../src/log/eventstoredb/sent.ts'
import type { NewEvent } from '../../src/vocabulary/envelope.ts'
import { draft } from '../contract/draft.ts'

const recordedAt = '2024-01-10T12:00:00.000Z'
const restored = { at: recordedAt, from: 'é' }

/** An event that is sent, and how it comes back. */
const sending = (fields: Partial<NewEvent> = {}, at = recordedAt) => {
  const given = createBatch('fugitive-a', [draft('fugitive-a', fields)], 'no_stream').events[0]!
  const own: Own = { given, recordedAt: at }
  const { id, type, data, metadata } = JSON.parse(JSON.stringify(proposed(own))) as AllStreamRecordedEvent
  const event = {
    id,
    type,
    data,
    metadata,
    streamId: 'ledger.fugitive-a',
    isJson: true,
    revision: 4n,
    created: new Date(recordedAt),
    position: { commit: 700n, prepare: 700n },
  } as AllStreamRecordedEvent
  const sent = createSent('ledger.')
  sent.add(own)
  return { own, event, sent }
}

type Fields = { data: object & { kind?: string }; metadata: object }

describe('what comes back', () => {
  test.each<[string, Partial<NewEvent>]>([
    ['as it was sent', { note: 'ñ 🚓', data: { '7': [], b: 1.5, a: null } }],
    ['as it was sent by a restore', { restored }],
  ])('%s is known, until nobody waits for it', (_, fields) => {
    const { own, event, sent } = sending(fields)
    expect(sent.recordedOf({ event })).toStrictEqual({ position: 700, own })
    sent.remove(own)
    expect(sent.recordedOf({ event })).toBe(undefined)
  })

  test('with what the log does not look at is known as well', () => {
    const { own, event, sent } = sending()
    const metadata = { ...(event as unknown as Fields).metadata, $correlationId: 'a' }
    expect(sent.recordedOf({ event: { ...event, metadata } })).toStrictEqual({ position: 700, own })
  })

  test.each<[string, (event: Fields) => object]>([
    ['with another id', () => ({ id: 'another' })],
    ['in another stream', () => ({ streamId: 'ledger.fugitive-b' })],
    ['in another ledger', () => ({ streamId: 'other.fugitive-a' })],
    ['with another type', () => ({ type: 'FugitiveCaptured' })],
    ['as no JSON', () => ({ isJson: false })],
    ['as bytes', ({ data }) => ({ isJson: false, data: Buffer.from(JSON.stringify(data)) })],
    ['with other data', ({ data }) => ({ data: { ...data, note: 'other' } })],
    ['with more data', ({ data }) => ({ data: { ...data, more: 1 } })],
    ['in another order', ({ data: { kind, ...rest } }) => ({ data: { ...rest, kind } })],
    ['with data as a text', ({ data }) => ({ data: JSON.stringify(data) })],
    ['without metadata', () => ({ metadata: undefined })],
    ['with metadata that are no JSON', () => ({ metadata: Buffer.from('{') })],
    ['recorded at another time', () => ({ metadata: { recordedAt: '2024-01-10T12:00:00.001Z' } })],
    ['as if it was restored', ({ metadata }) => ({ metadata: { ...metadata, restored } })],
  ])('%s is read as what anybody wrote', (_, other) => {
    const { event, sent } = sending()
    expect(sent.recordedOf({ event: { ...event, ...other(event as unknown as Fields) } })).toBe(undefined)
  })

  test('restored from elsewhere is read as what anybody wrote', () => {
    const { event, sent } = sending({ restored })
    const metadata = { recordedAt, restored: { ...restored, from: 'e' } }
    expect(sent.recordedOf({ event: { ...event, metadata } })).toBe(undefined)
  })

  test.each<[string, Partial<NewEvent>, string]>([
    ['has no kind', { kind: 7 as never }, recordedAt],
    ['was recorded when nothing can be', {}, '2024-02-30T12:00:00.000Z'],
    ['has a field that would move to the front', { '10': 'x' } as never, recordedAt],
  ])('is read as what anybody wrote where it %s', (_, fields, at) => {
    const { event, sent } = sending(fields, at)
    expect(sent.recordedOf({ event })).toBe(undefined)
  })

  test('at a position that no number holds is refused', () => {
    const { event, sent } = sending()
    const position = { commit: 2n ** 53n, prepare: 2n ** 53n }
    expect(() => sent.recordedOf({ event: { ...event, position } })).toThrow(
      'beyond what the ledger can count',
    )
  })
})
