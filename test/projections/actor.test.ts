import { describe } from 'vitest'
import { specify } from '../given.ts'

const type = 'person'
const name = 'José Adolfo Macías Villamar'
const leader = { title: 'leader', of: { name: 'Los Choneros', id: 'los-choneros' } }
const inmate = { title: 'inmate' }

describe('who somebody is', () => {
  specify('actor', {
    'is told by names and roles, which add up': {
      given: [
        ['describe', '2024-01-08', { type, name, aliases: ['Fito'], roles: [leader] }],
        [
          'describe',
          '2024-01-09',
          { type, name, aliases: ['El Jefe', 'Fito'], roles: [inmate], parent: 'Los Choneros' },
        ],
      ],
      holds: {
        '2024-01-07': null,
        '2024-01-08': {
          status: 'known',
          title: name,
          type,
          name,
          aliases: ['Fito'],
          roles: [leader],
          parent: null,
        },
        '2024-01-09': {
          status: 'known',
          aliases: ['Fito', 'El Jefe'],
          roles: [leader, inmate],
          parent: { name: 'Los Choneros' },
        },
      },
    },
    'a name that is replaced becomes an alias, once': {
      given: [
        ['describe', '2024-01-08', { type, name: 'Fito' }],
        ['describe', '2024-01-09', { type, name }],
        ['describe', '2024-01-10', { type, name: 'Fito' }],
        ['describe', '2024-01-11', { type, name }],
      ],
      holds: {
        '2024-01-08': { name: 'Fito', title: 'Fito', aliases: [] },
        '2024-01-09': { name, title: name, aliases: ['Fito'] },
        '2024-01-10': { name: 'Fito', aliases: ['Fito', name] },
        '2024-01-11': { name, aliases: ['Fito', name] },
      },
    },
    'where a name may be replaced there are two candidates; where a parent, one': {
      given: [
        ['describe', '2024-01-08', { type, name: 'Fito' }],
        ['describe', '2024-01-09', { type, name: 'Fito', parent: 'Los Choneros' }],
        ['describe', '2024-01-10', { type, name }],
      ],
      holds: {
        '2024-01-09T12:00:00.000Z': { title: 'Fito', parent: null },
        '2024-01-10T12:00:00.000Z': [{ title: 'Fito' }, { title: name }],
      },
    },
  })
})

describe('roles', () => {
  specify('actor', {
    'come and go; one who is appointed before he is described is known by his id': {
      given: [
        ['appoint', '2024-01-08', { role: leader }],
        ['describe', '2024-01-09', { type, name }],
        ['dismiss', '2024-01-10', { role: leader }],
      ],
      holds: {
        '2024-01-08': { status: 'known', title: 'a-1', name: null, type: null, roles: [leader] },
        '2024-01-09': { title: name, aliases: [], roles: [leader] },
        '2024-01-10': { status: 'known', roles: [] },
      },
    },
    'are one if title and office are, by its id else its name, ignoring case': {
      given: [
        ['describe', '2024-01-08', { type, name, roles: [leader] }],
        [
          'appoint',
          '2024-01-09',
          { role: { title: 'leader', of: { name: 'The gang', id: 'los-choneros' } } },
        ],
        ['appoint', '2024-01-10', { role: { title: 'member', of: 'Los Lobos', from: '2020' } }],
        ['appoint', '2024-01-11', { role: { title: 'member', of: 'LOS LOBOS' } }],
        ['dismiss', '2024-01-12', { role: { title: 'leader' } }],
        ['dismiss', '2024-01-13', { role: { title: 'member', of: 'los lobos' } }],
      ],
      holds: {
        '2024-01-09': { roles: [leader] },
        '2024-01-12': { roles: [leader, { title: 'member', of: { name: 'Los Lobos' }, from: '2020' }] },
        '2024-01-13': { roles: [leader] },
      },
    },
    'with dates that are over are shown all the same': {
      given: [['describe', '2024-01-08', { type, name, roles: [{ title: 'inmate', until: '2011' }] }]],
      holds: { '2024-06-01': { roles: [{ title: 'inmate', until: '2011' }] } },
    },
    'where one may hold or not, there are two candidates': {
      given: [
        ['describe', '2024-01-08', { type, name }],
        ['appoint', '../2024-01-10', { role: leader }],
      ],
      holds: {
        '2024-01-07': [null, { title: 'a-1', roles: [leader] }],
        '2024-01-09': [{ roles: [] }, { roles: [leader] }],
      },
    },
    'a dismissal of nobody is nothing': {
      given: [['dismiss', '2024-01-08', { role: leader }]],
      holds: { '2024-01-08': null },
      flagged: { e0: null },
    },
  })
})

describe('two proved to be one', () => {
  specify('actor', {
    'it says which': {
      given: [
        ['describe', '2024-01-08', { type, name }],
        ['merge', '2024-01-09', { into: 'actor-fito' }],
      ],
      holds: {
        '2024-01-08': { status: 'known', mergedInto: null },
        '2024-01-09': { status: 'merged', title: name, mergedInto: 'actor-fito' },
      },
    },
    'a retraction undoes it': {
      given: [
        ['describe', '2024-01-08', { type, name }],
        ['merge', '2024-01-09', { into: 'actor-fito' }],
        ['retract', 1],
      ],
      holds: { '2024-01-09': { status: 'known', mergedInto: null } },
    },
    'what is told of it afterwards is out of place': {
      given: [
        ['describe', '2024-01-08', { type, name }],
        ['merge', '2024-01-09', { into: 'actor-fito' }],
        ['dismiss', '2024-01-10', { role: leader }],
      ],
      holds: { '2024-01-10': 'merged' },
      flagged: { e2: 'merged' },
    },
  })
})
