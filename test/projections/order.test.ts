import { describe } from 'vitest'
import { specify } from '../given.ts'

const content = 'Neutralize the criminal groups'

describe('an order is not its execution', () => {
  specify('order', {
    'issued, executed, rescinded': {
      given: [
        ['issue', '2024-01-09', { content, addressees: ['Army'], issuer: 'Noboa' }],
        ['execute', '2024-01-10'],
        ['rescind', '2024-01-11'],
      ],
      holds: {
        '2024-01-08': null,
        '2024-01-09': { status: 'issued', title: content, content, addressees: [{ name: 'Army' }] },
        '2024-01-10': 'executed',
        '2024-01-11': 'rescinded',
      },
    },
    'its last day is shown and ends nothing': {
      given: [['issue', '2024-01-09', { content, until: '2024-01-10' }]],
      holds: { '2024-06-01': { status: 'issued', until: '2024-01-10' } },
    },
    'told after its execution it is in place, and fills gaps only': {
      given: [
        ['issue', '2024-01-09', { content }],
        ['execute', '2024-01-10'],
        ['issue', '2024-01-11', { content: 'In other words', purpose: 'Order' }],
      ],
      holds: { '2024-01-11': { status: 'executed', title: content, content, purpose: 'Order' } },
    },
    'after another took its place, it is not': {
      given: [
        ['issue', '2024-01-09', { content }],
        ['supersede', '2024-01-10', { supersededBy: 'order-b-2' }],
        ['issue', '2024-01-11', { content: 'Again', purpose: 'Order' }],
      ],
      holds: { '2024-01-11': { status: 'superseded', content, supersededBy: 'order-b-2', purpose: 'Order' } },
      flagged: { e2: 'superseded' },
    },
    'executed twice, the second is out of place': {
      given: [
        ['issue', '2024-01-09', { content }],
        ['execute', '2024-01-10'],
        ['execute', '2024-01-11'],
      ],
      holds: { '2024-01-11': 'executed' },
      flagged: { e2: 'executed' },
    },
    'executed after it was rescinded it counts all the same': {
      given: [
        ['issue', '2024-01-09', { content }],
        ['rescind', '2024-01-10'],
        ['execute', '2024-01-11'],
      ],
      holds: { '2024-01-11': 'executed' },
      flagged: { e2: 'rescinded' },
    },
    'an execution of what nobody issued goes by its id, until the order is told': {
      given: [
        ['execute', '2024-01-09'],
        ['issue', '2024-01-10', { content }],
      ],
      holds: {
        '2024-01-09': { status: 'executed', title: 'a-1', content: null },
        '2024-01-10': { status: 'executed', title: content, content },
      },
      flagged: { e0: null },
    },
  })
})
