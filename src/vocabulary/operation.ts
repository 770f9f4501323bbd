import { defineKind } from './kind.ts'

const undertaking = ['type!', 'title', 'orderedBy', 'units', 'purpose', 'strength'] as const

export const operation = defineKind({
  name: 'operation',
  plural: 'operations',
  about: 'A search, raid, transfer, patrol or military operation',
  example: 'ec-guayaquil-search-2024',
  types: ['search', 'raid', 'transfer', 'patrol', 'military_operation'],
  commands: {
    order: { event: 'OperationOrdered', about: 'Ordered', data: undertaking },
    cancel: { event: 'OperationCancelled', about: 'Called off', data: ['by'] },
    start: { event: 'OperationStarted', about: 'Begun', data: undertaking },
    'report-finding': {
      event: 'OperationFindingReported',
      about: 'Someone or something was found, or was not',
      data: ['found!', 'subject!', 'value'],
    },
    end: { event: 'OperationEnded', about: 'Over', data: ['by'] },
  },
})
