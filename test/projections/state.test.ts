import { expect, test } from 'vitest'
import { projections } from '../../projections/index.ts'
import { answersAt, knownOf, type Line, recorded } from '../given.ts'

/** Of each kind the least that can be told, and all that is then in its state: unknown is null, and no list has anything. */
const told: Record<string, { given: Line; state: Record<string, unknown> }> = {
  emergency: {
    given: ['declare', '2024-01-08', { type: 'curfew' }],
    state: {
      status: 'in_force',
      type: 'curfew',
      issuer: null,
      legalBasis: null,
      term: null,
      until: null,
      end: null,
      grounds: [],
      measures: [],
      partOf: null,
      supersededBy: null,
    },
  },
  fugitive: {
    given: ['report-escape', '2024-01-08', { person: 'Fito' }],
    state: {
      status: 'reported_escaped',
      title: 'Fito',
      person: { name: 'Fito' },
      aliases: [],
      partOf: null,
      lastSeen: null,
      deathReported: null,
    },
  },
  deployment: {
    given: ['arrive', '2024-01-08'],
    state: { status: 'on_site', unit: null, orderedBy: null, purpose: null, figures: [] },
  },
  designation: {
    given: ['designate', '2024-01-08', { title: 'List' }],
    state: {
      status: 'designated',
      title: 'List',
      issuer: null,
      legalBasis: null,
      label: null,
      members: [],
      statedCount: null,
    },
  },
  incident: {
    given: ['report', '2024-01-08'],
    state: { status: 'reported', type: null, actors: [], partOf: null, figures: [] },
  },
  operation: {
    given: ['start', '2024-01-08', { type: 'raid' }],
    state: {
      status: 'running',
      type: 'raid',
      orderedBy: null,
      units: [],
      purpose: null,
      strength: null,
      findings: [],
    },
  },
  order: {
    given: ['issue', '2024-01-08', { content: 'Go' }],
    state: {
      status: 'issued',
      title: 'Go',
      content: 'Go',
      issuer: null,
      addressees: [],
      purpose: null,
      legalBasis: null,
      until: null,
      supersededBy: null,
    },
  },
  meeting: {
    given: ['convene', '2024-01-08'],
    state: { status: 'in_session', body: null, calledBy: null, purpose: null, attendees: [], decisions: [] },
  },
  travel: {
    given: ['depart', '2024-01-08'],
    state: { status: 'travelling', travellers: [], orderedBy: null, purpose: null },
  },
  statement: {
    given: ['make', '2024-01-08', { text: 'Open' }],
    state: { status: 'standing', title: 'Open', text: 'Open', speaker: null, about: [], denial: null },
  },
  actor: {
    given: ['describe', '2024-01-08', { type: 'person', name: 'Fito' }],
    state: {
      status: 'known',
      title: 'Fito',
      type: 'person',
      name: 'Fito',
      aliases: [],
      roles: [],
      parent: null,
      mergedInto: null,
    },
  },
}

test('every kind is told of here', () => {
  expect(Object.keys(told)).toStrictEqual(projections.map(({ kind }) => kind.name))
})

test.each(Object.entries(told))('%s', (kind, { given, state }) => {
  const answers = answersAt(knownOf(recorded(kind, [given])), '2024-01-08')
  expect(answers.map((answer) => answer.state)).toStrictEqual([{ title: 'a-1', places: [], ...state }])
})

test.each(projections.map(({ kind }) => kind))(
  '$name: who did what is in its events, not in its state',
  ({ name, commands }) => {
    const lines = [...commands.values()].map((command): Line => [command.name, '2024-01-08', command.example])
    const known = knownOf(recorded(name, lines))
    const names = answersAt(known, '2024-01-08').flatMap(({ state }) => Object.keys(state ?? {}))
    expect(names).toContain('status')
    expect(names).not.toContain('by')
  },
)
