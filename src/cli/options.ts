import { type Command, InvalidArgumentError, Option } from 'commander'
import { LedgerError } from '../errors.ts'
import { realities } from '../vocabulary/envelope.ts'
import type { Query } from './answers.ts'

/** What every command may be given. */
export type GlobalOptions = { url?: string }

/** A whole number above 0, as an option has it. */
export const whole = (text: string): number => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('Write a whole number above 0.')
  return value
}

/** A position, as an option has it. */
export const position = (text: string): number => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('Write a position.')
  return value
}

/** A number above 0, as an option has it. */
export const positive = (text: string): number => {
  const value = Number(text)
  if (!(value > 0 && value < Number.POSITIVE_INFINITY))
    throw new InvalidArgumentError('Write a number above 0.')
  return value
}

/** What a header of a request may hold, as an option has it. */
export const printable = (text: string): string => {
  if (!/^[\x20-\x7E]+$/.test(text)) throw new InvalidArgumentError('Write printable ASCII characters.')
  return text
}

/** A revision as whoever writes has seen it, or that there is no stream yet, as an option has it. */
export const seenRevision = (text: string): string => {
  const revision = /^(?:"(\d{1,15})"|(\d{1,15})|(none))$/.exec(text)
  if (!revision) throw new InvalidArgumentError('Write the revision you have seen, such as 3, or none.')
  return revision[1] ?? text
}

const coordinate = ['asOf', 'knownAt', 'zone'] as const
const filters = ['status', 'type', 'country', 'subdivision', 'crisis', 'certainty', 'reality', 'q'] as const

/** Options that name a coordinate. */
export const addCoordinate = (command: Command): Command =>
  command
    .option('--as-of <moment>', 'what held in the world then: an instant or a date (default: now)')
    .option(
      '--known-at <moment>',
      'as far as the ledger knew then: an instant, a date or a position (default: all)',
    )
    .option('--zone <zone>', 'the IANA zone in which dates are read and moments shown')

/** Options that filter rows. */
export const addFilters = (command: Command): Command =>
  command
    .option('--status <list>', 'statuses joined by commas, active (default) or any')
    .option('--type <list>', 'types joined by commas')
    .option('--country <code>', 'ISO 3166-1 alpha-2, such as EC')
    .option('--subdivision <code>', 'ISO 3166-2, such as EC-G')
    .option('--crisis <key>', 'the key of a crisis')
    .addOption(new Option('--certainty <certainty>', 'only these').choices(['certain', 'possible']))
    .addOption(new Option('--reality <reality>', 'instead of what is actual').choices(realities))
    .option('--q <words>', 'each word begins a word of the state')

/** The parameters that options make, as far as they are given. */
export const queryOf = (options: Readonly<Record<string, unknown>>): Query =>
  Object.fromEntries(
    [...coordinate, ...filters].flatMap((name) =>
      typeof options[name] === 'string' ? [[name, options[name]]] : [],
    ),
  )

/** The options of a command with the global ones. */
export const optionsOf = <O>(command: Command): O & GlobalOptions =>
  command.optsWithGlobals<O & GlobalOptions>()

/** Refuses `--url` for what works on this machine only, `on` what. Throws `invalid`. */
export const requireLocal = (
  { url }: GlobalOptions,
  name: string,
  on = 'the ledger that LEDGER_LOG names',
): void => {
  if (url !== undefined) throw new LedgerError('invalid', `${name} works on ${on}: leave --url out.`)
}
