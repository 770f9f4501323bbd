import type { Random } from './random.ts'

/** A step of a life: the command that records it, its own fields, and whether it tells a place. */
export type Step = { command: string; data: Record<string, unknown>; placed?: false }

/**
 * How things of a kind go, in the order of the world, and how common they are. `days`: how long this one lasts, about.
 * The last step ends it.
 */
export type Life = {
  kind: string
  weight: number
  steps(random: Random, number: number, days: number): Step[]
}

const step = (command: string, data: Record<string, unknown> = {}): Step => ({ command, data })
const placeless = (command: string, data: Record<string, unknown> = {}): Step => ({
  command,
  data,
  placed: false,
})
const times = (count: number, make: (index: number) => Step): Step[] =>
  Array.from({ length: count }, (_, i) => make(i))
const maybe = (random: Random, probability: number, make: () => Step): Step[] =>
  random.chance(probability) ? [make()] : []

const groups = ['Los Choneros', 'Los Lobos', 'Los Tiguerones', 'Águilas', 'Chone Killers', 'Latin Kings']
const group = (random: Random) => {
  const name = random.pick(groups)
  return {
    name,
    id: name
      .normalize('NFD')
      .replaceAll(/[^A-Za-z ]/g, '')
      .toLowerCase()
      .replaceAll(' ', '-'),
  }
}
const police = { name: 'Policía Nacional', id: 'policia-nacional' }
const army = { name: 'Fuerzas Armadas', id: 'fuerzas-armadas' }
const president = { name: 'Daniel Noboa', id: 'daniel-noboa' }
const decree = (number: number) => ({ type: 'decree', number: String(number), signed: '2024-01-08' })
const number = (random: Random, below: number) => ({ best: random.below(below) })
const person = (index: number) => ({ name: `Persona Privada de Libertad ${index}`, id: `ppl-${index}` })

export const lives: readonly Life[] = [
  {
    kind: 'emergency',
    weight: 9,
    steps: (random, index, days) => {
      const act = {
        type: random.pick(['state_of_emergency', 'curfew', 'security_zone']),
        title: `Estado de excepción ${index}`,
        issuer: president,
        legalBasis: decree(index),
        term: { duration: `P${days}D`, countsFirstDay: random.pick([true, false, null]) },
        grounds: ['grave conmoción interna'],
        measures: ['toque de queda 23:00-05:00', 'requisiciones'],
      }
      return [
        ...maybe(random, 0.6, () =>
          step('announce', { type: act.type, title: act.title, issuer: president }),
        ),
        step('declare', act),
        ...times(1 + random.below(4), () =>
          step('amend', { measures: ['toque de queda 00:00-05:00'], by: president }),
        ),
        ...times(1 + random.below(4), () =>
          placeless('extend', { term: { duration: 'P1D', countsFirstDay: null } }),
        ),
        placeless('uphold', {
          by: { name: 'Corte Constitucional' },
          legalBasis: { type: 'ruling', number: '1-24-EE' },
        }),
        ...times(random.below(3), () => step('amend', { legalBasis: decree(index + 1) })),
        // The others end by themselves.
        ...maybe(random, 0.6, () => placeless('lift', { by: president, legalBasis: decree(index + 2) })),
      ]
    },
  },
  {
    kind: 'fugitive',
    weight: 14,
    steps: (random, index) => [
      step('notice-absence', { person: person(index) }),
      step('report-escape', { person: person(index), aliases: [`Alias ${index}`] }),
      step('confirm-escape', { person: person(index) }),
      ...times(4 + random.below(9), () => step('sight', { by: police })),
      ...maybe(random, 0.1, () => placeless('report-death')),
      step('recapture', { by: police }),
      ...maybe(random, 0.3, () => step('extradite', { by: { name: 'Ministerio de Justicia' } })),
    ],
  },
  {
    kind: 'deployment',
    weight: 14,
    steps: (random, index) => [
      step('order', {
        unit: { name: `Batallón ${index}`, id: `batallon-${index}` },
        orderedBy: president,
        purpose: 'Reforzar la seguridad en la frontera',
        strength: number(random, 600),
      }),
      step('depart', { unit: { name: `Batallón ${index}`, id: `batallon-${index}` } }),
      step('arrive'),
      ...times(3 + random.below(5), () =>
        placeless('resize', { strength: number(random, 600), counts: random.pick(['total', 'added']) }),
      ),
      ...maybe(random, 0.5, () => step('redeploy', { by: army })),
      step('arrive'),
      placeless('withdraw', { by: army }),
    ],
  },
  {
    kind: 'designation',
    weight: 6,
    steps: (random, index) => [
      step('designate', {
        title: `Grupos terroristas, lista ${index}`,
        issuer: president,
        legalBasis: decree(index),
        label: 'organizaciones terroristas',
        members: [group(random), group(random)],
        statedCount: { best: 22, text: 'veintidós' },
      }),
      ...times(4 + random.below(5), () => placeless('add-member', { member: group(random) })),
      ...times(1 + random.below(2), () => placeless('remove-member', { member: group(random) })),
      placeless('revoke', { by: president }),
    ],
  },
  {
    kind: 'incident',
    weight: 22,
    steps: (random, index) => {
      const riot = {
        type: random.pick(['riot', 'hostage_taking', 'armed_attack', 'explosion']),
        title: `Motín en el pabellón ${index}`,
        actors: [group(random)],
      }
      return [
        step('report', riot),
        step('confirm', riot),
        ...times(5 + random.below(8), () =>
          placeless('report-figure', {
            measure: random.pick(['held', 'freed', 'killed', 'injured']),
            value: number(random, 200),
            ...(random.chance(0.3) && { scope: random.pick(['pabellón 1', 'pabellón 2', 'los guías']) }),
          }),
        ),
        step('contain', { by: police }),
        step('end', { by: police }),
      ]
    },
  },
  {
    kind: 'operation',
    weight: 14,
    steps: (random, index) => {
      const raid = {
        type: random.pick(['search', 'raid', 'patrol']),
        title: `Operativo ${index}`,
        orderedBy: president,
        units: [army, police],
        purpose: 'Recuperar el control de la cárcel',
        strength: number(random, 3000),
      }
      return [
        step('order', raid),
        step('start', raid),
        ...times(5 + random.below(7), () =>
          step('report-finding', {
            found: random.chance(0.5),
            subject: person(random.below(40)),
            value: number(random, 50),
          }),
        ),
        placeless('end', { by: army }),
      ]
    },
  },
  {
    kind: 'order',
    weight: 4,
    steps: (random, index) => {
      const order = {
        content: `Neutralizar a los grupos de la lista ${index}`,
        issuer: president,
        addressees: [army],
        legalBasis: decree(index),
      }
      return [
        ...times(2 + random.below(4), () => step('issue', order)),
        placeless(random.pick(['execute', 'rescind']), { by: army }),
      ]
    },
  },
  {
    kind: 'meeting',
    weight: 4,
    steps: (random, index) => [
      ...times(1 + random.below(4), () =>
        step('call', {
          body: { name: 'Consejo de Ministros' },
          calledBy: { name: 'Dina Boluarte', id: 'dina-boluarte' },
          purpose: `Evaluar la situación, sesión ${index}`,
        }),
      ),
      step('convene', { attendees: [president, { name: 'Alberto Otárola' }] }),
      placeless('conclude', { decisions: ['Emergencia en los distritos de la frontera norte'] }),
    ],
  },
  {
    kind: 'travel',
    weight: 3,
    steps: (random, index) => [
      ...times(1 + random.below(4), () =>
        step('order', {
          travellers: [{ name: 'Jorge Chávez Cresta' }, person(index)],
          purpose: 'Inspeccionar la frontera',
        }),
      ),
      step('depart'),
      step('arrive'),
      placeless('return'),
    ],
  },
  {
    kind: 'statement',
    weight: 2,
    steps: (random, index) => [
      ...times(1 + random.below(3), () =>
        placeless('make', {
          text: `La frontera permanece abierta, parte ${index}`,
          about: ['actor-los-lobos'],
        }),
      ),
      random.chance(0.5)
        ? placeless('deny', { by: police, text: 'No es así' })
        : placeless('withdraw', { by: police }),
    ],
  },
  {
    kind: 'actor',
    weight: 8,
    steps: (random, index) => [
      ...times(1 + random.below(3), () =>
        step('describe', { type: 'person', name: `Persona ${index}`, aliases: [`Alias ${index}`] }),
      ),
      ...times(2 + random.below(5), (count) =>
        placeless('appoint', { role: { title: `Jefe del pabellón ${count}`, of: group(random) } }),
      ),
      ...maybe(random, 0.7, () => placeless('dismiss', { role: { title: 'Jefe del pabellón 1' } })),
      placeless('merge', { into: `actor-act-${index % 40}` }),
    ],
  },
]
