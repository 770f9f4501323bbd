import { describe } from 'vitest'
import { specify } from '../given.ts'

const title = 'Terrorist organizations'
const lobos = { name: 'Los Lobos', id: 'los-lobos' }
const choneros = { name: 'Los Choneros' }
const several = { min: null, best: null, max: null, text: 'several' }

describe('the list', () => {
  specify('designation', {
    'a stated count and the names listed stay apart': {
      given: [['designate', '2024-01-09', { title, label: 'terrorist', statedCount: { text: 'several' } }]],
      holds: {
        '2024-01-08': null,
        '2024-01-09': { status: 'designated', title, members: [], statedCount: several },
      },
    },
    'members come and go, each as it is written first': {
      given: [
        ['designate', '2024-01-09', { title, members: [lobos] }],
        ['add-member', '2024-01-10', { member: 'Los Choneros' }],
        ['remove-member', '2024-01-11', { member: lobos }],
      ],
      holds: {
        '2024-01-09': { members: [lobos] },
        '2024-01-10': { members: [lobos, choneros] },
        '2024-01-11': { status: 'designated', members: [choneros] },
      },
    },
    'two of one id are one, and so are two of one name, ignoring case': {
      given: [
        ['designate', '2024-01-09', { title, members: [lobos, choneros] }],
        ['add-member', '2024-01-10', { member: { name: 'The Wolves', id: 'los-lobos' } }],
        ['add-member', '2024-01-11', { member: 'LOS CHONEROS' }],
        ['remove-member', '2024-01-12', { member: { name: 'Wolves', id: 'los-lobos' } }],
        ['remove-member', '2024-01-13', { member: 'los choneros' }],
      ],
      holds: {
        '2024-01-11': { members: [lobos, choneros] },
        '2024-01-12': { members: [choneros] },
        '2024-01-13': { members: [] },
      },
    },
    'who is not on the list does not go': {
      given: [
        ['designate', '2024-01-09', { title, members: [lobos] }],
        ['remove-member', '2024-01-10', { member: 'Los Lobos' }],
      ],
      holds: { '2024-01-10': { members: [lobos] } },
    },
    'where one may be on it or not, there are two candidates': {
      given: [
        ['designate', '2024-01-09', { title, members: [lobos] }],
        ['add-member', '2024-01-10', { member: choneros }],
      ],
      holds: { '2024-01-10T12:00:00.000Z': [{ members: [lobos] }, { members: [lobos, choneros] }] },
    },
    'where another count may be stated, there is one': {
      given: [
        ['designate', '2024-01-09', { title }],
        ['designate', '2024-01-10', { title, statedCount: { best: 22 } }],
      ],
      holds: { '2024-01-10T12:00:00.000Z': { statedCount: null } },
      flagged: { e1: 'designated' },
    },
  })
})

describe('its end', () => {
  specify('designation', {
    'revoked, it can be made again, and members add up': {
      given: [
        ['designate', '2024-01-09', { title, members: [lobos] }],
        ['revoke', '2024-01-10'],
        ['designate', '2024-01-11', { title: 'Again', members: [choneros] }],
      ],
      holds: {
        '2024-01-10': 'revoked',
        '2024-01-11': { status: 'designated', title: 'Again', members: [lobos, choneros] },
      },
    },
    'a member of what is revoked is out of place, and added': {
      given: [
        ['designate', '2024-01-09', { title }],
        ['revoke', '2024-01-10'],
        ['add-member', '2024-01-11', { member: lobos }],
      ],
      holds: { '2024-01-11': { status: 'revoked', members: [lobos] } },
      flagged: { e2: 'revoked' },
    },
    'a member of nothing is nothing': {
      given: [['add-member', '2024-01-11', { member: lobos }]],
      holds: { '2024-01-11': null },
      flagged: { e0: null },
    },
    'annulled is final': {
      given: [
        ['designate', '2024-01-09', { title }],
        ['annul', '2024-01-10'],
        ['designate', '2024-01-11', { title: 'Again' }],
        ['add-member', '2024-01-12', { member: lobos }],
        ['revoke', '2024-01-13'],
      ],
      holds: { '2024-01-13': { status: 'annulled', title, members: [] } },
      flagged: { e2: 'annulled', e3: 'annulled', e4: 'annulled' },
    },
  })
})
