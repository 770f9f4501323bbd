import { z } from 'zod'
import { isZone } from './time/zone.ts'

/** The settings, by the names of the environment, with what each means. `--help` and the README list them. */
export const settingsSchema = z.object({
  LEDGER_LOG: z
    .string()
    .regex(/^sqlite:.+/, 'must be sqlite:<path>, such as sqlite:./data/ledger.db')
    .default('sqlite:./data/ledger.db')
    .describe('Where the log is: sqlite:<path>'),
  LEDGER_HOST: z
    .enum(['127.0.0.1', '::1', 'localhost'], 'must be a loopback address: there are no access keys yet')
    .default('127.0.0.1')
    .describe('The address to listen on: loopback only'),
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
    .describe('Who records (`recordedBy`). Default: the user of the operating system'),
})

export type Settings = z.output<typeof settingsSchema>

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
  if (result.success) return result.data
  const faults = result.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`)
  throw new Error(`The settings do not make sense:\n${faults.join('\n')}`)
}
