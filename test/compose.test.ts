import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DCLinter } from 'dclint'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { readSettings } from '../src/config.ts'
import { startStandIn } from './stand-in/server.ts'
import { largePages } from '../src/cli/large-pages.js'
import { asServed } from './bench/options.ts'

const top = join(import.meta.dirname, '..')
const text = (file: string): string => readFileSync(join(top, file), 'utf8')

type Service = {
  image: string
  profiles?: string[]
  platform?: string
  pull_policy?: string
  build?: { context: string; args: Record<string, string>; dockerfile_inline: string }
  entrypoint?: string[]
  command?: string[]
  environment?: Record<string, string>
  ports?: string[]
  volumes?: string[]
  networks?: string[] | Record<string, { ipv4_address: string }>
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { disable?: true; test?: string[] }
  restart?: string
  [other: string]: unknown
}
type Compose = {
  'x-images': Record<string, string>
  services: Record<string, Service>
  volumes: Record<string, null>
  networks: Record<string, { ipam: { config: { subnet: string }[] } }>
}

/** A value with what the environment would give, where none is set: `${NAME:-default}`, and `$$` for `$`. */
const interpolated = <T>(value: T): T =>
  JSON.parse(
    JSON.stringify(value).replaceAll(/\$\$|\$\{\w+:-([^}]*)\}/g, (whole, fallback: string) =>
      whole === '$$' ? '$' : fallback,
    ),
  ) as T

const compose = interpolated(parse(text('docker-compose.yml'), { merge: true }) as Compose)
const services = Object.entries(compose.services)
const ledgers = services.filter(
  ([, { command, image }]) => image === compose['x-images']['ledger'] && !command,
)
const nodes = services.filter(([, { image }]) => image === compose['x-images']['eventstore'])
const passing = services.filter(([, { restart }]) => restart === 'no')
const { version, devDependencies } = JSON.parse(text('package.json')) as {
  version: string
  devDependencies: Record<string, string>
}

/** A folder that is removed when the test has finished. */
const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'crisis-ledger-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** What a check by the schema of the Compose Specification, and by rules of safety, finds in a file. */
const findings = (content: string): string[] => {
  const file = join(folder(), 'docker-compose.yml')
  writeFileSync(file, content)
  const linter = new DCLinter({
    quiet: true,
    debug: false,
    exclude: [],
    rules: {
      'no-build-and-image': [2, { checkPullPolicy: true }],
      'no-duplicate-container-names': 2,
      'no-duplicate-exported-ports': 2,
      'no-quotes-in-volumes': 0,
      'no-unbound-port-interfaces': 2,
      'no-version-field': 2,
      'require-project-name-field': 2,
      'require-quotes-in-ports': 0,
      'service-container-name-regex': 2,
      'service-dependencies-alphabetical-order': 0,
      'service-image-require-explicit-tag': 2,
      'service-keys-order': 0,
      'service-ports-alphabetical-order': 0,
      'services-alphabetical-order': 0,
      'top-level-properties-order': 0,
    },
  })
  // Its types do not say what this is.
  const results = linter.lintFiles([file], false) as { messages: { rule: string; message: string }[] }[]
  return results.flatMap(({ messages }) => messages.map(({ rule, message }) => `${rule}: ${message}`))
}

/** The services that one starts, with those they depend on. */
const startedBy = (names: readonly string[]): string[] => {
  const found = new Set<string>()
  const visit = (name: string) => {
    if (found.has(name)) return
    found.add(name)
    for (const next of Object.keys(compose.services[name]!.depends_on ?? {})) visit(next)
  }
  for (const name of names) visit(name)
  return [...found].toSorted()
}

describe('the compose file', () => {
  test('is what the Compose Specification allows, written out', () => {
    expect(findings(stringify(compose, { aliasDuplicateObjects: false }))).toStrictEqual([])
  })

  test.each([
    ['a misspelt key', { restrat: 'always' }, /restrat|additional properties/],
    ['a port for everybody', { ports: ['4680:4680'] }, /no-unbound-port-interfaces/],
    [
      'any version of an image',
      { image: 'eventstore/eventstore:latest' },
      /service-image-require-explicit-tag/,
    ],
  ])('would not pass with %s', (_, change, finding) => {
    const eventstore = { ...compose.services['eventstore'], ...change }
    const changed = { ...compose, services: { ...compose.services, eventstore } }
    expect(findings(stringify(changed, { aliasDuplicateObjects: false })).join('\n')).toMatch(finding)
  })

  test('names each image by its version, in one place', () => {
    const images = Object.values(compose['x-images'])
    for (const image of images) expect(image).toMatch(/^[\w/-]+:\d+\.\d+\.\d+(-[a-z-]+)?$/)
    expect(compose['x-images']['node']).toBe(`node:${devDependencies['node']}-bookworm-slim`)
    expect(compose['x-images']['ledger']).toBe(`crisis-ledger:${version}`)
    expect(services.filter(([, { image }]) => !images.includes(image))).toStrictEqual([])
    for (const image of images) expect(text('docker-compose.yml').split(image)).toHaveLength(2)
  })

  test('has one service build the image, which whatever runs that waits for, and pulls it for none', () => {
    const running = services.filter(([, { image }]) => image === compose['x-images']['ledger'])
    const building = services.filter(([, { build }]) => build)
    expect(building.map(([name]) => name)).toStrictEqual(['first-key'])
    const [[builder, { image, build, profiles }]] = building as [[string, Service]]
    expect([image, profiles]).toStrictEqual([compose['x-images']['ledger'], undefined])
    expect(build!.args).toStrictEqual({ NODE_IMAGE: compose['x-images']['node'] })
    for (const [name, { pull_policy }] of running) {
      expect([name, pull_policy]).toStrictEqual([name, name === builder ? 'build' : 'never'])
      expect(startedBy([name])).toContain(builder)
    }
  })

  test('depends in no profile on a service that is not in it', () => {
    for (const [name, { profiles = [], depends_on = {} }] of services)
      for (const needed of Object.keys(depends_on)) {
        const { profiles: theirs } = compose.services[needed]!
        expect([
          name,
          needed,
          theirs === undefined || profiles.some((one) => theirs.includes(one)),
        ]).toStrictEqual([name, needed, true])
      }
  })

  test('says of the images that are made for one kind of processor which that is', () => {
    for (const [name, { image, platform }] of services)
      expect([name, platform]).toStrictEqual([
        name,
        image.startsWith('eventstore/') ? 'linux/amd64' : undefined,
      ])
  })

  test('starts one node and a ledger; by their names two ledgers and a cluster of three, and nothing else', () => {
    const usual = services.filter(([, { profiles }]) => profiles === undefined).map(([name]) => name)
    expect(usual.toSorted()).toStrictEqual(['eventstore', 'first-key', 'ledger'])
    for (const [, { profiles }] of services) expect([undefined, ['cluster']]).toContainEqual(profiles)
    expect(startedBy(['ledger'])).toStrictEqual(['eventstore', 'first-key', 'ledger'])
    expect(startedBy(['ledger-1', 'ledger-2'])).toStrictEqual([
      'certificates',
      'first-key',
      'ledger-1',
      'ledger-2',
      'node-1',
      'node-2',
      'node-3',
    ])
    expect([ledgers.length, nodes.length]).toStrictEqual([3, 4])
  })

  test('publishes every port on loopback only, each once', () => {
    const ports = services.flatMap(([, { ports = [] }]) => ports)
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d{4}:(2113|4680)$/)
    expect(new Set(ports.map((port) => port.split(':')[1])).size).toBe(ledgers.length + nodes.length)
  })

  test('lets no ledger be root, write its program, or gain rights', () => {
    for (const [, service] of [...ledgers, ['first-key', compose.services['first-key']!] as const]) {
      expect(service).toMatchObject({
        user: '1000:1000',
        read_only: true,
        tmpfs: ['/tmp'],
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      })
      expect(service['privileged']).toBeUndefined()
    }
  })

  test('looks after the health of all that stays, starts that again, and waits for what must be there first', () => {
    expect(passing.map(([name]) => name).toSorted()).toStrictEqual(['certificates', 'first-key'])
    for (const [, { healthcheck }] of passing) expect(healthcheck).toStrictEqual({ disable: true })
    for (const [, { restart, healthcheck }] of [...ledgers, ...nodes]) {
      expect(restart).toBe('unless-stopped')
      expect(healthcheck!.test![0]).toBe('CMD')
    }
    const conditions = services.flatMap(([, { depends_on: on = {} }]) => Object.entries(on))
    for (const [name, { condition }] of conditions)
      expect([name, condition]).toStrictEqual([
        name,
        passing.some(([other]) => other === name) ? 'service_completed_successfully' : 'service_healthy',
      ])
  })

  test('keeps what must stay in volumes, each of which is declared and used', () => {
    const mounts = services.flatMap(([, { volumes = [] }]) => volumes.map((mount) => mount.split(':')[0]!))
    expect([...new Set(mounts)].toSorted()).toStrictEqual(Object.keys(compose.volumes).toSorted())
    const data = [...ledgers, ...nodes].map(
      ([, { volumes }]) =>
        volumes!.find((mount) => /:(\/data|\/var\/lib\/eventstore)$/.test(mount))!.split(':')[0],
    )
    expect(new Set(data).size).toBe(ledgers.length + nodes.length)
    const withAuthority = services.filter(([, { volumes = [] }]) =>
      volumes.some((mount) => mount.startsWith('authority:')),
    )
    expect(withAuthority.map(([name]) => name)).toStrictEqual(['certificates'])
  })

  test('sets what the ledger knows, and names hosts and folders that are there', () => {
    for (const [name, { environment, volumes }] of ledgers) {
      const { LEDGER_LOG: log, LEDGER_DATA: data, LEDGER_KEYS: keys } = readSettings(environment!)
      const folders = volumes!.map((mount) => mount.split(':')[1]!)
      const [, hosts = '', ca] = /^esdb:\/\/(?:admin:changeit@)?([^?/]+)\?(?:tls=false|tlsCAFile=(.+))$/.exec(
        log,
      )!
      for (const file of [`${data}/`, keys!, ...(ca ? [ca] : [])])
        expect([name, file, folders.some((folder) => file.startsWith(`${folder}/`))]).toStrictEqual([
          name,
          file,
          true,
        ])
      const needed = Object.keys(compose.services[name]!.depends_on!).filter((one) => one !== 'first-key')
      expect(hosts.split(',')).toStrictEqual(needed.map((host) => `${host}:2113`))
    }
  })

  test('has each node of the cluster know the others, under names of its certificate', () => {
    const cluster = nodes.filter(([, { profiles }]) => profiles)
    const addresses = cluster.map(
      ([, { networks }]) => (networks as Record<string, { ipv4_address: string }>)['cluster']!.ipv4_address,
    )
    expect(compose.networks['cluster']!.ipam.config).toStrictEqual([{ subnet: '172.30.240.0/24' }])
    for (const [index, [name, { environment }]] of cluster.entries()) {
      const own = addresses[index]!
      expect(own).toBe(`172.30.240.1${name.slice(-1)}`)
      expect(environment).toMatchObject({
        EVENTSTORE_CLUSTER_SIZE: '3',
        EVENTSTORE_REPLICATION_IP: own,
        EVENTSTORE_GOSSIP_SEED: addresses
          .filter((one) => one !== own)
          .map((one) => `${one}:2113`)
          .join(','),
        EVENTSTORE_ADVERTISE_HOST_TO_CLIENT_AS: name,
        EVENTSTORE_CERTIFICATE_FILE: `/certificates/${name}/node.crt`,
        EVENTSTORE_CERTIFICATE_PRIVATE_KEY_FILE: `/certificates/${name}/node.key`,
      })
      expect(environment).not.toHaveProperty('EVENTSTORE_INSECURE')
    }
  })
})

describe('the certificates', () => {
  /** The folders of the service, and its script with a tool that only pretends. */
  const maker = () => {
    const at = folder()
    const { entrypoint, command } = compose.services['certificates']!
    for (const name of ['authority', 'ca', 'certificates', 'bin']) mkdirSync(join(at, name))
    // Writes what the tool would, under the same conditions and with the same modes, and which arguments it was given:
    // it makes one folder, none that is there and none above it, and create-ca ends with 0 whatever happens.
    // Where there is a file `stop`, the whole service is killed when the folder that is named there was made.
    writeFileSync(
      join(at, 'bin/es-gencert-cli'),
      `#!/bin/bash
echo "$@" >> '${at}/calls'
kind=\${1#create-}; shift
while [ $# -gt 0 ]; do
  case $1 in
    -out) out=$2 ;;
    -ca-certificate | -ca-key) cat "$2" > /dev/null || exit 1 ;;
    -days | -ip-addresses | -dns-names) ;;
    *) echo "flag provided but not defined: $1" >&2; exit 1 ;;
  esac
  shift 2
done
if ! mkdir "$out" 2> /dev/null; then
  echo "output directory: $out already exists. please delete it and try again" >&2
  if [ $kind = ca ]; then exit 0; else exit 1; fi
fi
if [ "$(cat '${at}/stop' 2> /dev/null)" = "$out" ]; then rm '${at}/stop'; kill -KILL $PPID; exit 1; fi
for what in crt key; do printf -- '-----BEGIN\n-----END\n' > "$out/$kind.$what"; done
chmod 444 "$out/$kind.crt"; chmod 400 "$out/$kind.key"
`,
    )
    writeFileSync(join(at, 'bin/chown'), '#!/bin/sh\n')
    for (const name of readdirSync(join(at, 'bin'))) chmodSync(join(at, 'bin', name), 0o755)
    const script = command![0]!.replaceAll(/(?<=[\s])\/(authority|ca|certificates)\b/g, `${at}/$1`)
    return {
      at,
      run: () =>
        spawnSync('bash', [entrypoint![1]!, script], {
          env: { PATH: `${at}/bin:${process.env['PATH']}` },
          encoding: 'utf8',
          // Bash takes a socket for a remote shell, and reads its own settings first.
          stdio: ['ignore', 'pipe', 'pipe'],
        }),
      /** The calls of the tool since it was last asked. */
      calls: () => {
        const calls = existsSync(join(at, 'calls')) ? readFileSync(join(at, 'calls'), 'utf8') : ''
        rmSync(join(at, 'calls'), { force: true })
        return calls.split('\n').slice(0, -1)
      },
      mode: (file: string) => (statSync(join(at, file)).mode & 0o777).toString(8),
    }
  }
  const madeFor = (calls: string[]) => calls.map((call) => /-out \S*\/([\w-]+)/.exec(call)![1])

  test('are made once, their keys for nobody else, and that of the authority apart', () => {
    const { at, run, calls, mode } = maker()
    expect(run()).toMatchObject({ status: 0, stderr: '' })
    const ca = `-ca-certificate ${at}/authority/ca/ca.crt -ca-key ${at}/authority/ca/ca.key`
    expect(calls()).toStrictEqual([
      `create-ca -days 3650 -out ${at}/authority/ca.new`,
      ...[1, 2, 3].map(
        (n) =>
          `create-node -days 3650 ${ca} -ip-addresses 127.0.0.1,172.30.240.1${n} -dns-names localhost,node-${n} -out ${at}/certificates/node-${n}.new`,
      ),
    ])
    for (let again = 0; again < 2; again++) {
      expect(run()).toMatchObject({ status: 0, stderr: '' })
      expect(calls()).toStrictEqual([])
      expect(readdirSync(join(at, 'authority'))).toStrictEqual(['ca'])
      expect(readdirSync(join(at, 'ca'))).toStrictEqual(['ca.crt'])
      expect(readdirSync(join(at, 'certificates'))).toStrictEqual(['node-1', 'node-2', 'node-3'])
      expect(
        ['authority', 'authority/ca/ca.key', 'certificates/node-1', 'certificates/node-1/node.key'].map(mode),
      ).toStrictEqual(['700', '400', '700', '400'])
      expect(['ca', 'ca/ca.crt'].map(mode)).toStrictEqual(['755', '444'])
    }
  })

  test.each(['authority/ca', 'certificates/node-2'])(
    'are made whole after a start that was stopped at %s',
    (where) => {
      const { at, run, calls } = maker()
      writeFileSync(join(at, 'stop'), join(at, `${where}.new`))
      expect(run()).toMatchObject({ status: null, signal: 'SIGKILL' })
      const started = madeFor(calls())
      expect(started.at(-1)).toBe(where.split('/')[1])
      expect(run()).toMatchObject({ status: 0, stderr: '' })
      expect([...started.slice(0, -1), ...madeFor(calls())]).toStrictEqual([
        'ca',
        'node-1',
        'node-2',
        'node-3',
      ])
      expect(readdirSync(join(at, 'certificates'))).toStrictEqual(['node-1', 'node-2', 'node-3'])
      for (const n of [1, 2, 3])
        expect(readdirSync(join(at, `certificates/node-${n}`))).toStrictEqual(['node.crt', 'node.key'])
    },
  )

  test('do not pass for made where the tool made none', () => {
    const { at, run } = maker()
    writeFileSync(join(at, 'bin/es-gencert-cli'), '#!/bin/sh\necho no space left >&2\n')
    expect(run()).toMatchObject({ status: 2, stderr: expect.stringContaining('no space left') as string })
    expect(readdirSync(join(at, 'ca'))).toStrictEqual([])
  })
})

describe('the image', () => {
  const { dockerfile_inline: dockerfile } = compose.services['first-key']!.build!
  const stages = dockerfile.split(/^(?=FROM )/m).slice(1)

  test('is made in three steps, the last from nothing, and runs as no root', () => {
    expect(stages.map((stage) => stage.split('\n')[0])).toStrictEqual([
      'FROM ${NODE_IMAGE} AS program',
      'FROM ${NODE_IMAGE} AS system',
      'FROM scratch',
    ])
    const lines = stages[2]!.split('\n')
    for (const line of [
      'USER 1000:1000',
      `ENTRYPOINT ${JSON.stringify(['node', ...asServed, '/app/src/cli/bin.js']).replaceAll(',', ', ')}`,
      'CMD ["serve"]',
      `ENV NODE_ENV=production PATH=/usr/local/bin:/usr/bin:/bin GLIBC_TUNABLES=${largePages.GLIBC_TUNABLES}`,
    ])
      expect(lines).toContain(line)
    expect(stages[1]).toMatch(/rm -rf .*\/usr\/local\/lib\/node_modules/)
  })

  test('is sent nothing but what it is made of', () => {
    const copied = [...stages[0]!.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, sources]) => sources!.split(' '))
    const [everything, ...kept] = text('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    expect(everything).toBe('*')
    expect(kept.map((line) => line.replace(/^!/, '')).toSorted()).toStrictEqual(copied.toSorted())
  })

  test('holds a program that makes the first key once, serves as the file says, and writes nothing of its own', async () => {
    const at = folder()
    const app = join(at, 'app')
    mkdirSync(app)
    for (const [, sources = '', target = ''] of stages[0]!.matchAll(/^COPY (.+) (\S+)$/gm))
      for (const source of sources.split(' '))
        cpSync(join(top, source), join(app, target.endsWith('/') ? source : target), { recursive: true })
    expect(stages[0]).toContain('\nRUN npm ci --omit=dev --ignore-scripts\n')
    const { packages } = JSON.parse(text('package-lock.json')) as { packages: Record<string, { dev?: true }> }
    // What that installs: all that is not only for development.
    for (const [path, { dev }] of Object.entries(packages))
      if (path !== '' && !dev) cpSync(join(top, path), join(app, path), { recursive: true })
    const contents = () => readdirSync(app, { recursive: true }).length
    const before = contents()

    const standIn = await startStandIn()
    const { environment, healthcheck } = compose.services['ledger']!
    for (const name of ['data', 'keys', 'tmp']) mkdirSync(join(at, name))
    const settings = Object.fromEntries(
      Object.entries(environment!).map(([name, value]) => [
        name,
        value.replace(/^\/(?=data|keys)/, `${at}/`),
      ]),
    )
    const env = {
      ...settings,
      LEDGER_LOG: standIn.url,
      LEDGER_HOST: '127.0.0.1',
      LEDGER_PORT: '0',
      TMPDIR: join(at, 'tmp'),
    }
    const bin = join(app, 'src/cli/bin.js')
    const firstKey = () =>
      spawnSync(process.execPath, [bin, ...compose.services['first-key']!.command!], {
        env,
        encoding: 'utf8',
      })
    const made = firstKey()
    expect([made.status, made.stdout]).toStrictEqual([0, expect.stringMatching(/^cl_[\w-]{43}\n$/)])
    expect(firstKey()).toMatchObject({ status: 0, stdout: '' })

    const child = spawn(process.execPath, [bin, 'serve'], { env, cwd: app })
    onTestFinished(async () => {
      if (child.exitCode === null) child.kill('SIGKILL')
      await standIn.close()
    })
    child.stdout.resume()
    let said = ''
    while (!/http:\/\/\S+/.test(said)) said += String((await once(child.stderr, 'data'))[0])
    const [url = ''] = /http:\/\/[^\s"]+/.exec(said)!
    const [, node, ...probe] = healthcheck!.test!
    expect(node).toBe('node')
    const isHealthy = async (address: string) => {
      const looking = spawn(
        process.execPath,
        probe.map((one) => one.replace('http://127.0.0.1:4680', address)),
      )
      return (await once(looking, 'close'))[0] as number
    }
    expect(await isHealthy(url)).toBe(0)
    expect(await isHealthy('http://127.0.0.1:1')).toBe(1)
    const picture = (headers: Record<string, string>) => fetch(`${url}/v1/picture`, { headers })
    expect((await picture({})).status).toBe(401)
    expect((await picture({ authorization: `Bearer ${made.stdout.trim()}` })).status).toBe(200)
    child.kill('SIGTERM')
    expect(await once(child, 'close')).toStrictEqual([0, null])
    expect(contents()).toBe(before)
  }, 60_000)
})
