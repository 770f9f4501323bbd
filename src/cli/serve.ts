import type { Command } from 'commander'
import { shownLog } from '../config.ts'
import { LedgerError } from '../errors.ts'
import { optionsOf, requireLocal } from './options.ts'
import { tell } from './terminal.ts'

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** Resolves with the first signal to stop; a second one ends the process at once. */
export const signalled = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    const first = (signal: NodeJS.Signals) => {
      for (const each of signals) process.off(each, first)
      resolve(signal)
    }
    for (const signal of signals) process.on(signal, first)
  })

/** The error of a server that cannot listen, in words. Others stay as they are. */
export const listenError = (error: unknown, host: string, port: number): unknown => {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE')
    return new LedgerError(
      'unavailable',
      `Port ${port} of ${host} is taken: stop what listens there, or set LEDGER_PORT (0 takes any free one).`,
    )
  if (code === 'EACCES')
    return new LedgerError(
      'unavailable',
      `Port ${port} may not be used by this user: set LEDGER_PORT to one above 1023.`,
    )
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new LedgerError('unavailable', `This machine has no address ${host}: set LEDGER_HOST.`)
  return error
}

const serve = async (): Promise<void> => {
  const [{ open, settings }, { createLogger }] = await Promise.all([
    import('../main.ts'),
    import('../http/log-line.ts'),
  ])
  const stop = signalled()
  const given = settings()
  const logger = createLogger()
  const { serve: listen, close } = await open(given, logger)
  try {
    const listening = await listen().catch((error: unknown) => {
      throw listenError(error, given.LEDGER_HOST, given.LEDGER_PORT)
    })
    logger.info({ url: listening.url, log: shownLog(given) }, 'listening')
    await tell(`Crisis Ledger listens on ${listening.url} (${shownLog(given)}).`)
    logger.info({ signal: await stop }, 'stopping')
    await listening.stop()
  } finally {
    await close()
  }
}

/** `serve`: the service, until SIGTERM or SIGINT; requests under way are answered first. */
export const addServe = (program: Command): void => {
  program
    .command('serve')
    .description('serve the ledger over HTTP until SIGTERM or SIGINT')
    .action((_own: unknown, self: Command) => {
      requireLocal(optionsOf(self), 'serve')
      return serve()
    })
}
