import { actor as kind } from '../src/vocabulary/actor.ts'
import { roleKey } from '../src/vocabulary/party.ts'
import { projection } from './projection.ts'

/** Who somebody is, as told: names, roles, and whether two proved to be one. */
export const actor = projection(kind, {
  statuses: ['known', 'merged'],
  active: ['known'],
  derived: { mergedInto: null as string | null },
  consumed: ['role', 'into'],
  title: ({ name }) => name,
  named: ({ name }) => name,
  rows: {
    describe: { to: 'known', from: ['none'], keeps: ['known'] },
    appoint: {
      to: 'known',
      from: ['none'],
      keeps: ['known'],
      effect(draft, { data: { role } }) {
        const held = draft.roles.some((one) => roleKey(one) === roleKey(role))
        if (!held) draft.roles = [...draft.roles, role]
      },
    },
    dismiss: {
      keeps: ['known'],
      effect(draft, { data: { role } }) {
        draft.roles = draft.roles.filter((one) => roleKey(one) !== roleKey(role))
      },
    },
    merge: {
      to: 'merged',
      from: ['known'],
      effect(draft, { data: { into } }) {
        draft.mergedInto = into
      },
    },
  },
})
