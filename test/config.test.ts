import { expect, test } from 'vitest'
import { readSettings, shownLog } from '../src/config.ts'

test('settings that are not given have a default', () => {
  expect(readSettings({ PATH: '/bin' })).toStrictEqual({
    LEDGER_LOG: 'sqlite:./data/ledger.db',
    LEDGER_NAME: 'ledger',
    LEDGER_HOST: '127.0.0.1',
    LEDGER_PORT: 4680,
    LEDGER_ZONE: 'UTC',
  })
})

test.each([
  [{ LEDGER_TOKEN: 'x' }, /LEDGER_TOKEN: there is no such setting\. There are LEDGER_LOG, /],
  [{ LEDGER_LOG: 'ledger.db' }, /LEDGER_LOG: must be sqlite:<path>/],
  [{ LEDGER_LOG: 'http://127.0.0.1:2113' }, /LEDGER_LOG: must be sqlite:<path>.* or esdb:/],
  [{ LEDGER_NAME: 'a.b' }, /LEDGER_NAME: must be letters, digits and hyphens/],
  [{ LEDGER_NAME: '$ledger' }, /LEDGER_NAME: must be letters, digits and hyphens/],
  [{ LEDGER_DATA: '' }, /LEDGER_DATA: must not be empty/],
  [{ LEDGER_HOST: '0.0.0.0' }, /LEDGER_HOST: must be a loopback address .* "crisis-ledger key add" makes$/],
  [
    { LEDGER_HOST: 'ledger.example', LEDGER_PORT: 'x' },
    /LEDGER_HOST: must be a loopback.*\n {2}LEDGER_PORT: /,
  ],
  [{ LEDGER_HOST: '' }, /LEDGER_HOST: must not be empty/],
  [{ LEDGER_KEYS: '' }, /LEDGER_KEYS: must not be empty/],
  [{ LEDGER_PORT: '70000' }, /LEDGER_PORT: must be a port/],
  [
    { LEDGER_ZONE: 'Quito', LEDGER_PORT: 'x' },
    /LEDGER_PORT: must be a port\n {2}LEDGER_ZONE: must be an IANA/,
  ],
  [{ LEDGER_OPERATOR: '' }, /LEDGER_OPERATOR: must not be empty/],
])('a setting that would be ignored or misread stops the start: %j', (environment, sentence) => {
  expect(() => readSettings(environment)).toThrow(sentence)
})

test('only with access keys may others than this machine be listened to', () => {
  const host = { LEDGER_HOST: '0.0.0.0', LEDGER_KEYS: 'keys.json' }
  expect(readSettings(host)).toMatchObject(host)
  for (const loopback of ['127.0.0.1', '::1', 'localhost'])
    expect(readSettings({ LEDGER_HOST: loopback }).LEDGER_HOST).toBe(loopback)
})

test('what is no access key is not repeated to whoever reads of it', () => {
  const read = () => readSettings({ LEDGER_KEY: 'cl_half-a-secret' })
  expect(read).toThrow(/LEDGER_KEY: must be an access key/)
  expect(read).not.toThrow(/half/)
})

test('the password of a connection string is not shown', () => {
  const settings = readSettings({ LEDGER_LOG: 'esdb://admin:change:it@name:2113?tlsCAFile=ca.crt' })
  expect(shownLog(settings)).toBe('esdb://name:2113?tlsCAFile=ca.crt')
  for (const password of ['tail@s3cret', 'tail@s3cret/s3cret', 'a?s3cret', 's3cret/?#@s3cret'])
    expect(shownLog({ LEDGER_LOG: `esdb+discover://admin:${password}@name` })).toBe('esdb+discover://name')
})

test.each([
  'admin:half@s3cret@name',
  'admin:s3cret?@name:2113?tls=false',
  'admin:s3cret/@name',
  'name?tlsCAFile=s3cret@x',
])(
  'a connection string in which it is not clear where the password ends stops the start, and is not repeated: %s',
  (text) => {
    for (const begin of ['esdb', 'esdb+discover']) {
      const read = () => readSettings({ LEDGER_LOG: `${begin}://${text}` })
      expect(read).toThrow(/LEDGER_LOG: must have @, \/ and \? .* percent-encoded: %40, %2F and %3F/)
      expect(read).not.toThrow(/s3cret/)
    }
  },
)

test('a connection string may have them percent-encoded, and a log in a file as they are', () => {
  for (const log of [
    'esdb://admin:s%403%2Fcr%3Fet#!@a:2113,b:2113?tlsCAFile=/x%40y/ca.crt',
    'esdb://a/?tls=false',
    'sqlite:./a@b@c/d',
  ])
    expect(readSettings({ LEDGER_LOG: log }).LEDGER_LOG).toBe(log)
})
