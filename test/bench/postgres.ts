import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { temporaryFolder } from './folder.ts'

/** A PostgreSQL of this measurement alone: on loopback, in a folder of its own that is gone with it. */
export type Postgres = AsyncDisposable & {
  /** `postgresql://…`, of its one database. */
  url: string
  version: string
}

/**
 * Starts PostgreSQL 15 as Debian packages it, with everything it acknowledges on the disk. Where it is missing, root
 * has it installed by apt-get; anyone else is told how. As root it runs as Debian's user `postgres`: it refuses root.
 */
export const startPostgres = async (): Promise<Postgres> => {
  const programs = requireInstalled()
  const folder = temporaryFolder()
  const owner = { ...(userInfo().uid === 0 && idsOf('postgres')), cwd: folder.path }
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(folder.path, owner.uid, owner.gid)
  const password = randomBytes(16).toString('hex')
  const data = makeFiles(programs, folder.path, password, owner)

  const port = await freePort()
  const settings = Object.entries({ ...durable, ...roomy, port, unix_socket_directories: folder.path })
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...owner, stdio: 'ignore' },
  )
  const cut = () => stopAtOnce(server, data)
  process.prependOnceListener('exit', cut)
  const url = `postgresql://bench:${password}@127.0.0.1:${port}/postgres`
  return {
    url,
    version: await answering(url, server),
    [Symbol.asyncDispose]: async () => {
      await stop(server)
      process.off('exit', cut)
      folder[Symbol.dispose]()
    },
  }
}

type Owner = { uid?: number; gid?: number; cwd: string }

const makeFiles = (programs: string, folder: string, password: string, owner: Owner): string => {
  const data = join(folder, 'data')
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password)
  const who = ['--username=bench', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  run(join(programs, 'initdb'), ['--pgdata', data, ...who, '--encoding=UTF8', '--locale=C'], owner)
  return data
}

const durable = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  listen_addresses: '127.0.0.1',
}
/** What one would give it on a machine like the one this was written on. */
const roomy = { shared_buffers: '1GB', max_wal_size: '4GB', maintenance_work_mem: '512MB', jit: 'off' }

const debian = '/usr/lib/postgresql/15/bin'

const requireInstalled = (): string => {
  if (existsSync(join(debian, 'postgres'))) return debian
  if (userInfo().uid !== 0)
    throw new Error('PostgreSQL 15 is not installed. On Debian 12: sudo apt-get install postgresql-15')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  run('apt-get', ['update', '-q'], { env })
  run('apt-get', ['install', '-q', '-y', '--no-install-recommends', 'postgresql-15'], { env })
  return debian
}

const run = (program: string, args: readonly string[], options: object): string => {
  const { status, stdout, stderr } = spawnSync(program, args, { ...options, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`)
  return stdout
}

const idsOf = (user: string): { uid: number; gid: number } => ({
  uid: Number(run('id', ['-u', user], {})),
  gid: Number(run('id', ['-g', user], {})),
})

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Its version, once it answers. */
const answering = async (url: string, server: ChildProcess): Promise<string> => {
  for (let tries = 0; server.exitCode === null; tries++) {
    const client = new pg.Client(url)
    try {
      await client.connect()
      const { rows } = await client.query<{ server_version: string }>('SHOW server_version')
      return rows[0]!.server_version.split(' ')[0]!
    } catch (error) {
      if (tries === 100) throw error
      await sleep(100)
    } finally {
      await client.end().catch(() => undefined)
    }
  }
  throw new Error(`PostgreSQL ended with ${server.exitCode}`)
}

/** SIGTERM has it wait for the connections that are closing; SIGINT ends those that are left, and leaves its files sound. */
const stop = async (server: ChildProcess): Promise<void> => {
  if (server.exitCode !== null) return
  const gone = once(server, 'exit')
  server.kill('SIGTERM')
  const last = setTimeout(() => server.kill('SIGINT'), 5000)
  await gone
  clearTimeout(last)
}

/** For when this process ends, and nothing can be awaited. Its files can be removed afterwards. */
const stopAtOnce = (server: ChildProcess, data: string): void => {
  server.kill('SIGQUIT')
  const until = performance.now() + 3000
  while (existsSync(join(data, 'postmaster.pid')) && performance.now() < until)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
}
