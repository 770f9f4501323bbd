import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** A node of a real server, in a process of its own on loopback, with its data in a folder that outlives the process. */
export type RealNode = {
  port: number
  /** Starts it, unless it runs. */
  start(): void
  /**
   * Ends it: SIGKILL at once, SIGTERM as an operator does. Resolves when the process is gone. One that ends by itself is
   * started again, as a service manager does: a leader that comes back with what nobody else has ends and begins anew.
   */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Stops it as it stands, until it is thawed. */
  freeze(): void
  thaw(): void
}

/** Nodes that are one log, and the connection string that names them all. */
export type RealServer = {
  url: string
  nodes: readonly RealNode[]
  /**
   * The node that leads. Waits until every node leads or follows, and says so itself: one that led and stood still still
   * believes for a moment that it leads, and gives what it had then.
   */
  leader(): Promise<RealNode>
  /** Ends every process and removes every folder. */
  close(): Promise<void>
}

/**
 * Starts one node, or a cluster, by a command that is given: it must be the server itself in the foreground, in words that
 * need no shell. All it is told comes in its environment (`EVENTSTORE_DB`, `EVENTSTORE_NODE_PORT` and so on). Resolves
 * once a node leads.
 */
export const startRealServer = async (command: string, size: 1 | 3): Promise<RealServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'crisis-ledger-eventstore-'))
  const ports = await freePorts(size * 2)
  const nodePorts = ports.slice(0, size)
  const nodes = nodePorts.map((port, index) =>
    createNode(command, port, {
      EVENTSTORE_DB: join(folder, String(port), 'data'),
      EVENTSTORE_LOG: join(folder, String(port), 'log'),
      EVENTSTORE_INDEX: join(folder, String(port), 'index'),
      EVENTSTORE_NODE_PORT: String(port),
      EVENTSTORE_REPLICATION_PORT: String(ports[size + index]),
      EVENTSTORE_NODE_IP: '127.0.0.1',
      EVENTSTORE_REPLICATION_IP: '127.0.0.1',
      EVENTSTORE_INSECURE: 'true',
      EVENTSTORE_TELEMETRY_OPTOUT: 'true',
      EVENTSTORE_RUN_PROJECTIONS: 'None',
      EVENTSTORE_CLUSTER_SIZE: String(size),
      ...(size > 1 && {
        EVENTSTORE_DISCOVER_VIA_DNS: 'false',
        EVENTSTORE_GOSSIP_SEED: nodePorts
          .filter((other) => other !== port)
          .map((other) => `127.0.0.1:${other}`)
          .join(),
      }),
    }),
  )
  const leader = async () => {
    for (let left = 600; left > 0; left--) {
      const views = await Promise.all(nodePorts.map(membersSeenBy))
      const led = new Set(views.map(leaderOf))
      const [port] = led
      if (led.size === 1 && port !== undefined && views.every((members) => isWhole(members, size)))
        return nodes.find((node) => node.port === port)!
      await wait(200)
    }
    throw new Error('The server has no leader, or not all of its nodes')
  }
  const close = async () => {
    await Promise.all(nodes.map((node) => node.end('SIGKILL')))
    rmSync(folder, { recursive: true, force: true })
  }
  for (const node of nodes) node.start()
  try {
    await leader()
  } catch (error) {
    await close()
    throw error
  }
  const hosts = nodePorts.map((port) => `127.0.0.1:${port}`)
  return { url: `esdb://${hosts.join()}?tls=false`, nodes, leader, close }
}

const createNode = (command: string, port: number, settings: Record<string, string>): RealNode => {
  const [program, ...args] = command.split(' ').filter((word) => word !== '')
  let child: ChildProcess | undefined
  let isFrozen = false
  let isMeant = false
  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null
  const thaw = () => {
    isFrozen = false
    child?.kill('SIGCONT')
  }
  process.once('exit', () => child?.kill('SIGKILL'))
  const start = () => {
    if (isRunning()) return
    isMeant = true
    child = spawn(program!, args, { env: { ...others(), ...settings }, stdio: 'ignore' })
    child.once('exit', () => setTimeout(() => isMeant && start(), 500))
  }
  return {
    port,
    start,
    end: async (signal) => {
      isMeant = false
      if (!isRunning()) return
      const gone = once(child!, 'exit')
      child!.kill(signal)
      if (isFrozen) thaw()
      await gone
    },
    freeze: () => {
      isFrozen = true
      child?.kill('SIGSTOP')
    },
    thaw,
  }
}

/** What is said about another server is not meant for this one, which ends at a setting that it does not know. */
const others = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('EVENTSTORE_')))

/** The nodes as one of them tells; none where it tells nothing. */
const membersSeenBy = async (port: number): Promise<Member[]> => {
  try {
    const signal = AbortSignal.timeout(1000)
    const answer = await fetch(`http://127.0.0.1:${port}/gossip?format=json`, { signal })
    return ((await answer.json()) as { members: Member[] }).members
  } catch {
    return []
  }
}

const leaderOf = (members: readonly Member[]) =>
  members.find(({ state }) => state === 'Leader')?.httpEndPointPort

const isWhole = (members: readonly Member[], size: number) =>
  members.filter(({ isAlive, state }) => isAlive && /^(Leader|Follower)$/.test(state)).length === size

type Member = { state: string; isAlive: boolean; httpEndPointPort: number }

const freePorts = async (count: number): Promise<number[]> => {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
