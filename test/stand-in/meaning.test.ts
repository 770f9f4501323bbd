import { expect, test } from 'vitest'
import { createConnection } from '../../src/log/eventstoredb/connection.ts'
import { type Meaning, meaningOf } from '../../src/log/eventstoredb/meaning.ts'
import { positionOf } from '../../src/log/eventstoredb/position.ts'
import { Silence } from '../../src/log/eventstoredb/silence.ts'

const unknown = (isOver: 'no' | 'silent' | 'closed'): Meaning => ({ kind: 'unknown', isOver })
const failure = (message: string, members: object = {}) => Object.assign(new Error(message), members)

test.each<[string, Error, Meaning]>([
  ['no answer in time', new Silence(), unknown('silent')],
  ['unavailable', failure('', { type: 'unavailable', code: 14 }), unknown('closed')],
  ['cancelled', failure('', { type: 'cancelled', code: 1 }), unknown('closed')],
  ['not the leader', failure('', { type: 'not-leader' }), unknown('no')],
  ['too late', failure('', { type: 'deadline-exceeded', code: 4 }), unknown('no')],
  ['aborted', failure('', { type: 'timeout', code: 10 }), unknown('no')],
  ['unavailable, from below the client', failure('14 UNAVAILABLE', { code: 14 }), unknown('closed')],
  ['reset', failure('13 INTERNAL: Received RST_STREAM', { type: 'unknown', code: 13 }), unknown('no')],
  ['no node found', failure('Failed to discover after 10 attempts.'), unknown('closed')],
  ['a closed channel', failure('Channel has been shut down'), unknown('closed')],
  ['not ready', failure('Could not recognize Server Is Not Ready', { type: 'unknown' }), unknown('no')],
  ['no leader', failure('No leader info available', { type: 'unknown', code: 2 }), unknown('no')],
  [
    'a conflict',
    failure('', { type: 'wrong-expected-version', actualVersion: 4n }),
    { kind: 'conflict', actual: 4 },
  ],
  [
    'a conflict with no stream',
    failure('', { type: 'wrong-expected-version', actualVersion: 'no_stream' }),
    { kind: 'conflict', actual: null },
  ],
  [
    'a conflict with no stream, as trailers tell it',
    failure('', { type: 'wrong-expected-version', actualVersion: -1n }),
    { kind: 'conflict', actual: null },
  ],
  ['too large', failure('', { type: 'maximum-append-size-exceeded' }), { kind: 'too_large' }],
  ['larger than a message', failure('', { type: 'unknown', code: 8 }), { kind: 'too_large' }],
  ['no access', failure('', { type: 'access-denied', code: 7 }), { kind: 'denied' }],
  ['no access, as no trailer tells it', failure('', { type: 'unknown', code: 7 }), { kind: 'denied' }],
  ['a tombstone', failure('', { type: 'stream-deleted' }), { kind: 'deleted' }],
  ['no such stream', failure('', { type: 'stream-not-found' }), { kind: 'missing' }],
  ['a bad request', failure('Unexpected: BadRequest', { type: 'unknown', code: 2 }), { kind: 'refused' }],
])('%s is understood', (_, error, meaning) => {
  expect(meaningOf(error)).toStrictEqual(meaning)
})

test('a position beyond what a number holds is an error, never rounded', () => {
  expect(positionOf(2n ** 53n - 1n)).toBe(Number.MAX_SAFE_INTEGER)
  expect(() => positionOf(2n ** 53n)).toThrow(/9007199254740992 is beyond what the ledger can count/)
})

test.each([
  ['esdb://?tls=false', /cannot be used/],
  ['esdb://127.0.0.1:2113', /needs a user/],
  ['esdb://127.0.0.1:2113?tls=false&throwOnAppendFailure=false', /wrong revisions/],
  ['esdb://admin:secret@name:x?tls=false', /cannot be used/],
  ['esdb://admin:secret@name:2113?tlsCAFile=nowhere.crt', /certificate file/],
])('the connection string %s is refused, and its password not repeated', (text, sentence) => {
  expect(() => createConnection(text, 2000)).toThrow(sentence)
  expect(() => createConnection(text, 2000)).not.toThrow(/secret/)
})

test('credentials are those of the connection string, decoded; a server without TLS needs none', () => {
  expect(createConnection('esdb+discover://us%40er:p%3Aw@name', 2000).credentials).toStrictEqual({
    username: 'us@er',
    password: 'p:w',
  })
  expect(createConnection('esdb://127.0.0.1:2113?tls=false', 2000).credentials).toStrictEqual({
    username: '',
    password: '',
  })
})
