import { expect, test } from 'vitest'
import { readSettings } from '../src/config.ts'

test('settings that are not given have a default', () => {
  expect(readSettings({ PATH: '/bin' })).toStrictEqual({
    LEDGER_LOG: 'sqlite:./data/ledger.db',
    LEDGER_HOST: '127.0.0.1',
    LEDGER_PORT: 4680,
    LEDGER_ZONE: 'UTC',
  })
})

test.each([
  [{ LEDGER_KEYS: 'keys.json' }, /LEDGER_KEYS: there is no such setting\. There are LEDGER_LOG, /],
  [{ LEDGER_LOG: 'ledger.db' }, /LEDGER_LOG: must be sqlite:<path>/],
  [{ LEDGER_HOST: '0.0.0.0' }, /LEDGER_HOST: must be a loopback address/],
  [{ LEDGER_PORT: '70000' }, /LEDGER_PORT: must be a port/],
  [
    { LEDGER_ZONE: 'Quito', LEDGER_PORT: 'x' },
    /LEDGER_PORT: must be a port\n {2}LEDGER_ZONE: must be an IANA/,
  ],
  [{ LEDGER_OPERATOR: '' }, /LEDGER_OPERATOR: must not be empty/],
])('a setting that would be ignored or misread stops the start: %j', (environment, sentence) => {
  expect(() => readSettings(environment)).toThrow(sentence)
})
