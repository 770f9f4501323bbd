import { designation as kind } from '../src/vocabulary/designation.ts'
import { actorKey } from '../src/vocabulary/party.ts'
import { projection } from './projection.ts'

/** A stated count and the names listed stay apart. */
export const designation = projection(kind, {
  statuses: ['designated', 'revoked', 'annulled'],
  active: ['designated'],
  final: 'annulled',
  consumed: ['member'],
  rows: {
    designate: { to: 'designated', from: ['none', 'revoked'] },
    'add-member': {
      keeps: ['designated'],
      effect(draft, { data: { member } }) {
        const listed = draft.members.some((one) => actorKey(one) === actorKey(member))
        if (!listed) draft.members = [...draft.members, member]
      },
    },
    'remove-member': {
      keeps: ['designated'],
      effect(draft, { data: { member } }) {
        draft.members = draft.members.filter((one) => actorKey(one) !== actorKey(member))
      },
    },
    revoke: { to: 'revoked', from: ['designated'] },
    annul: { to: 'annulled', from: ['designated', 'revoked'] },
  },
})
