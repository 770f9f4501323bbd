import { describe, expect, test } from 'vitest'
import type { Receipt } from '../../src/ledger/receipt.ts'
import { place } from './command.ts'

const sourced = ['--set', 'source.publisher=Presidency', '--set', 'source.medium=official_gazette']
const on = (when: string) => ['--set', `when=${when}`, '--set', 'zone=America/Guayaquil']
const declare = [
  'record',
  'emergency',
  'ec-110-2024',
  'declare',
  ...sourced,
  ...on('2024-01-08'),
  '--set',
  'data.type=state_of_emergency',
  '--set',
  'data.legalBasis.type=decree',
  '--set',
  'data.legalBasis.number=110',
  '--set',
  'data.term={"duration":"P60D","countsFirstDay":null}',
  '--set',
  'data.issuer=Daniel Noboa',
  '--set',
  'places.0.name=Ecuador',
  '--set',
  'places.0.country=EC',
]

describe('record', () => {
  test('records any command of the vocabulary, each field as its schema has it', async () => {
    const at = place()
    const { code, stdout } = await at.run([...declare, '--key', 'decree', '--json'])
    expect(code).toBe(0)
    const { event } = JSON.parse(stdout) as Receipt
    expect([event.type, event.key, event.when?.text, event.places]).toStrictEqual([
      'EmergencyDeclared',
      'decree',
      '2024-01-08',
      [{ name: 'Ecuador', country: 'EC' }],
    ])
    expect(event.data).toStrictEqual({
      type: 'state_of_emergency',
      issuer: { name: 'Daniel Noboa' },
      legalBasis: { type: 'decree', number: '110' },
      term: { duration: 'P60D', countsFirstDay: null },
    })

    const again = await at.run([...declare, '--key', 'decree'])
    expect(again.stdout).toMatch(
      /^EmergencyDeclared was recorded already as revision 0 of emergency-ec-110-2024, position \d+$/m,
    )

    const figure = await at.run(
      [
        'record',
        'incident',
        'riot',
        'report-figure',
        '--body',
        '-',
        '--set',
        'data.value.best=139',
        '--json',
      ],
      {
        input: JSON.stringify({
          source: { publisher: 'A', medium: 'press' },
          data: { measure: 'held', value: { text: 'many' } },
        }),
      },
    )
    expect((JSON.parse(figure.stdout) as Receipt).event.data['value']).toStrictEqual({
      min: null,
      best: 139,
      max: null,
      text: 'many',
    })
  })

  test('records what is said about an event, named by its stream and key', async () => {
    const at = place()
    await at.run([...declare, '--key', 'decree'])
    const { code, stdout } = await at.run([
      'record',
      'emergency-ec-110-2024#decree',
      'retract',
      '--set',
      'data.reason=Recorded twice',
    ])
    expect(stdout).toMatch(/^EntryRetracted recorded as revision 1 of emergency-ec-110-2024, position \d+$/m)
    expect(stdout).toMatch(/^now none \(certain\)$/m)
    expect(code).toBe(0)
  })

  test('in a dry run shows the row before and after, and fails where it would be refused', async () => {
    const at = place()
    const first = await at.run([...declare, '--dry-run'])
    expect(first.stdout).toBe(
      'before: nothing\nafter: expired (certain): ec-110-2024\nNothing was recorded: a dry run.\n',
    )
    expect(first.code).toBe(0)
    await at.run(declare)
    const second = await at.run([...declare, '--dry-run'])
    expect(second.stdout).toMatch(/^before: expired \(certain\)/)
    expect(second.stdout).toMatch(
      /^EmergencyDeclared does not follow on emergency-ec-110-2024: it is in_force then\./m,
    )
    expect(second.code).toBe(1)
  })

  test('refuses what the ledger refuses, with each place at fault', async () => {
    const at = place()
    await at.run(declare)
    const twice = await at.run(declare)
    expect(twice.stderr).toMatch(
      /^crisis-ledger: EmergencyDeclared does not follow .* corroborate it, or dispute it/,
    )
    const faulty = await at.run([
      'record',
      'deployment',
      'diroes',
      'resize',
      '--set',
      'data.counts=some',
      '--set',
      'data.colour=red',
      ...sourced,
    ])
    expect(faulty.stderr).toMatch(/^crisis-ledger: \/data\/strength: is required\n {2}\/data\/counts: /)
    expect(faulty.stderr).toMatch(/^ {2}\/data\/colour: unknown field "colour": remove it$/m)
    const late = await at.run([
      'record',
      'emergency',
      'ec-110-2024',
      'lift',
      ...sourced,
      ...on('2024-02-01'),
      '--if-match',
      '"7"',
    ])
    expect(late.stderr).toMatch(/emergency-ec-110-2024 is at revision 0; you expected revision 7/)
    expect([twice.code, faulty.code, late.code]).toStrictEqual([1, 1, 1])
  })

  test.each([
    [
      ['record', 'emergency', 'a', 'declrae'],
      /There is no command "declrae" for emergencies\. They take: announce, /,
    ],
    [
      ['record', 'emergency-a#b', 'erase'],
      /There is no command "erase" for events\. They take: correct, retract, /,
    ],
    [['record', 'emergency', 'a', 'declare', '--key', 'Köln'], /Write printable ASCII characters\./],
    [
      ['record', 'emergency', 'a', 'lift', '--if-match', 'x'],
      /Write the revision you have seen, such as 3, or none\./,
    ],
    [['record', 'emergency'], /write a kind, an id and a command/],
    [['record', 'emergency', 'a', 'declare', '--set', 'when'], /--set when: write a field and its value/],
    [
      ['record', 'emergency', 'a', 'declare', '--set', '__proto__.a=1'],
      /--set __proto__\.a=1: write a field/,
    ],
    [['record', 'emergency', 'a', 'declare', '--body', 'none.json'], /none\.json cannot be read: ENOENT/],
  ])('that makes no sense is refused in a sentence: %j', async (command, sentence) => {
    const { code, stdout, stderr } = await place().run(command)
    expect([code, stdout]).toStrictEqual([1, ''])
    expect(stderr).toMatch(sentence)
  })
})

describe('vocabulary', () => {
  test('lists every kind with its commands, and gives an example that is taken', async () => {
    const at = place()
    const all = await at.run(['vocabulary'])
    expect(all.stdout).toMatch(/^fugitive +fugitives +/m)
    expect(all.stdout).toMatch(/^dispute +EntryDisputed +Another source says otherwise$/m)
    const kind = await at.run(['vocabulary', 'deployment'])
    expect(kind.stdout).toMatch(
      /^statuses: ordered \(active\), en_route \(active\), on_site \(active\), withdrawn, countermanded$/m,
    )
    expect(kind.stdout).toMatch(/^resize +DeploymentResized .*strength!, counts!$/m)
    const command = await at.run(['vocabulary', 'deployment', 'resize'])
    const [, shown, body] = /^crisis-ledger (.*) --body - <<'END'\n([\s\S]*)\nEND$/m.exec(command.stdout)!
    const recorded = await at.run([...shown!.split(' '), '--body', '-', '--dry-run'], { input: body! })
    expect(recorded.stdout).toMatch(
      /DeploymentResized does not follow on .*: nothing of it is recorded for that time/,
    )
  })

  test('is what help names, with the settings', async () => {
    const at = place()
    const help = await at.run(['--help'])
    expect(help.stdout).toMatch(/^ {2}LEDGER_ZONE +The time zone of dates in questions that name none$/m)
    const record = await at.run(['record', '--help'])
    expect(record.stdout).toMatch(/^ {2}fugitive +notice-absence report-escape /m)
    expect([help.code, record.code]).toStrictEqual([0, 0])
  })
})
