import { z } from 'zod'
import { isZone } from './time/zone.ts'

/** The settings, by the names of the environment, with what each means. `--help` and the README list them. */
export const settingsSchema = z.object({
  LEDGER_LOG: z
    .string()
    .regex(
      /^(sqlite:.+|esdb(\+discover)?:\/\/.+)/,
      'must be sqlite:<path>, such as sqlite:./data/ledger.db, or esdb://…, the connection string of an EventStoreDB',
    )
    // Otherwise it is not clear where a password ends: a part of it would be taken for a host, and shown.
    .regex(
      /^((?!esdb).*|[^:]+:\/\/([^@/?]*@)?[^@]*)$/s,
      'must have @, / and ? in a user, a password or the path of a file percent-encoded: %40, %2F and %3F',
    )
    .default('sqlite:./data/ledger.db')
    .describe('Where the log is: sqlite:<path>, or esdb://… (EventStoreDB)'),
  LEDGER_NAME: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?$/, 'must be letters, digits and hyphens, at most 64')
    .default('ledger')
    .describe('The name of the ledger on an EventStoreDB: its streams are <name>.<kind>-<id>'),
  LEDGER_DATA: z
    .string()
    .min(1, 'must not be empty')
    .optional()
    .describe('The folder of what is made from a log on a server. Default: ./data'),
  LEDGER_HOST: z
    .string()
    .min(1, 'must not be empty')
    .default('127.0.0.1')
    .describe('The address to listen on: loopback only, unless there are access keys'),
  LEDGER_PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port')
    .transform(Number)
    .refine((port) => port < 65_536, 'must be a port')
    .default(4680)
    .describe('The port to listen on; 0 takes any free one'),
  LEDGER_ZONE: z
    .string()
    .refine(isZone, 'must be an IANA time zone, such as America/Guayaquil')
    .default('UTC')
    .describe('The time zone of dates in questions that name none'),
  LEDGER_OPERATOR: z
    .string()
    .min(1, 'must not be empty')
    .optional()
    .describe('Who records (`recordedBy`) without access keys. Default: the user of the operating system'),
  LEDGER_KEYS: z
    .string()
    .min(1, 'must not be empty')
    .optional()
    .describe('The file of access keys. With it the service takes no request without one'),
  LEDGER_KEY: z
    .string()
    .regex(/^cl_[\w-]{43}$/, 'must be an access key, as "crisis-ledger key add" printed it')
    .optional()
    .describe('The access key that the command line sends to the service at --url'),
})

/** The addresses that only this machine can reach. */
export const loopback: readonly string[] = ['127.0.0.1', '::1', 'localhost']

const exposed =
  'LEDGER_HOST: must be a loopback address (127.0.0.1, ::1 or localhost) where there are no access keys: set ' +
  'LEDGER_KEYS to a file of them, which "crisis-ledger key add" makes'

export type Settings = z.output<typeof settingsSchema>

/** Where the log is, as people may see it: without the password. */
export const shownLog = ({ LEDGER_LOG }: Pick<Settings, 'LEDGER_LOG'>): string =>
  LEDGER_LOG.replace(/^(esdb[^:]*:\/\/).*@/s, '$1')

/** What the settings mean, as lines for people. */
export const settingsHelp = (): string[] =>
  Object.entries(settingsSchema.shape).map(([name, schema]) => `${name}  ${schema.description}`)

/** Reads the settings once. Throws an Error whose message lists every fault. */
export const readSettings = (environment: Readonly<Record<string, string | undefined>>): Settings => {
  const unknown = Object.keys(environment).filter(
    (name) => name.startsWith('LEDGER_') && !Object.hasOwn(settingsSchema.shape, name),
  )
  if (unknown.length > 0)
    throw new Error(
      `${unknown.join(', ')}: there is no such setting. There are ${Object.keys(settingsSchema.shape).join(', ')}.`,
    )
  const result = settingsSchema.safeParse(environment)
  const { LEDGER_HOST: host, LEDGER_KEYS: keys } = environment
  const faults = [
    ...(host && !loopback.includes(host) && keys === undefined ? [exposed] : []),
    ...(result.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`),
  ]
  if (result.success && faults.length === 0) return result.data
  throw new Error(`The settings do not make sense:\n${faults.map((fault) => `  ${fault}`).join('\n')}`)
}
