import { type Command, Option } from 'commander'
import { LedgerError } from '../errors.ts'
import { changeKeys, type KeyEntry, keyName, readKeys } from '../keys/file.ts'
import { hashOf, newKey } from '../keys/key.ts'
import { type Role, roles } from '../keys/role.ts'
import { optionsOf, requireLocal } from './options.ts'
import { table } from './table.ts'
import { columns, plain, put, say, sayAll, tell } from './terminal.ts'

/** The file of keys that the settings name. Throws `invalid` where they name none. */
const fileOf = async (): Promise<string> => {
  const { settings } = await import('../main.ts')
  const { LEDGER_KEYS } = settings()
  if (LEDGER_KEYS !== undefined) return LEDGER_KEYS
  throw new LedgerError(
    'invalid',
    'No file of access keys is named: set LEDGER_KEYS to one, such as ./data/keys.json, here and where the service is started.',
  )
}

const requireName = (name: string): string => {
  const result = keyName.safeParse(name)
  if (result.success) return result.data
  throw new LedgerError(
    'invalid',
    `A name ${result.error.issues.map(({ message }) => message).join(', and ')}.`,
  )
}

type Adding = { role: Role; ifNone?: boolean }

const add = async (named: string, { role, ifNone: isOnlyFirst = false }: Adding): Promise<void> => {
  const [file, name] = [await fileOf(), requireName(named)]
  const { clock } = await import('../main.ts')
  const key = newKey()
  const entry: KeyEntry = { name, role, madeAt: clock(), sha256: hashOf(key).toString('hex') }
  let isMade = false
  changeKeys(file, (keys) => {
    isMade = !isOnlyFirst || keys.length === 0
    if (!isMade) return keys
    if (keys.some((one) => one.name === name))
      throw new LedgerError('invalid', `${name} has a key already: revoke it first, or choose another name.`)
    return [...keys, entry]
  })
  if (!isMade) return tell(`${file} has keys already, so none was made.`)
  await put(`${key}\n`)
  await tell(`This is the key of ${name} (${role}). It is shown this once: keep it where secrets are kept.`)
}

const revoke = async (name: string): Promise<void> => {
  const file = await fileOf()
  changeKeys(file, (keys) => {
    const left = keys.filter((one) => one.name !== name)
    if (left.length === keys.length)
      throw new LedgerError(
        'not_found',
        `There is no key of ${name}: crisis-ledger key list names all there are.`,
      )
    return left
  })
  await tell(`The key of ${name} is revoked; a running service takes it no more within a second.`)
}

const list = async (json: boolean): Promise<void> => {
  const keys = readKeys(await fileOf()) ?? []
  const told = keys.map(({ name, role, madeAt }) => ({ name, role, madeAt }))
  if (json) return put(told.map((one) => `${JSON.stringify(one)}\n`).join(''))
  if (told.length === 0) return say('There are no keys.')
  const rows = told.map(({ name, role, madeAt }) => [[plain(name)], [role], [madeAt]])
  await sayAll(table(['name', 'role', 'made'], rows, columns()))
}

const abilities = 'read asks; write also records and imports; admin also rebuilds'

/** `key`: the access keys of the service, which are kept as their SHA-256 in the file that `LEDGER_KEYS` names. */
export const addKey = (program: Command): void => {
  const command = program.command('key').description('the access keys of the service: add, list, revoke')
  const here = (self: Command): void =>
    requireLocal(optionsOf(self), 'key', 'the file that LEDGER_KEYS names')

  command
    .command('add')
    .argument('<name>', 'whose key it is: recordedBy of what is recorded with it')
    .description('make a key and print it once; a running service takes it within a second')
    .addOption(new Option('--role <role>', abilities).choices(roles).makeOptionMandatory())
    .option('--if-none', 'only if there is no key yet; otherwise do nothing, and say so')
    .action((name: string, adding: Adding, self: Command) => {
      here(self)
      return add(name, adding)
    })
  command
    .command('list')
    .description('whose keys there are, with their roles and when they were made')
    .option('--json', 'as lines of JSON')
    .action(({ json }: { json?: true }, self: Command) => {
      here(self)
      return list(json ?? false)
    })
  command
    .command('revoke')
    .argument('<name>', 'whose key it is')
    .description('take a key back; what is under way with it is cut off within a second')
    .action((name: string, _own: unknown, self: Command) => {
      here(self)
      return revoke(name)
    })
}
