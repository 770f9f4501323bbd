import { defineKind } from './kind.ts'

export const deployment = defineKind({
  name: 'deployment',
  plural: 'deployments',
  about: 'One contingent sent by one order',
  example: 'pe-diroes-2024-01',
  commands: {
    order: {
      event: 'DeploymentOrdered',
      about: 'Ordered to go; places: where to',
      data: ['unit!', 'orderedBy', 'purpose', 'strength'],
    },
    countermand: { event: 'DeploymentCountermanded', about: 'The order was taken back', data: ['by'] },
    depart: { event: 'UnitDeparted', about: 'On its way', data: ['unit'] },
    arrive: { event: 'UnitArrived', about: 'There; places: where it is', data: ['unit'] },
    resize: {
      event: 'DeploymentResized',
      about: 'A number for its strength',
      data: ['strength!', 'counts!'],
    },
    redeploy: { event: 'UnitRedeployed', about: 'Sent elsewhere; places: where to now', data: ['by'] },
    withdraw: { event: 'UnitWithdrawn', about: 'Taken home', data: ['by'] },
  },
})
