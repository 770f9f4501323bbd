import { defineKind } from './kind.ts'

export const order = defineKind({
  name: 'order',
  plural: 'orders',
  about: 'An order of an authority; its execution is another thing',
  example: 'ec-army-2024-01',
  commands: {
    issue: {
      event: 'OrderIssued',
      about: 'Given; `until` is shown and ends nothing',
      data: ['content!', 'issuer', 'addressees', 'purpose', 'legalBasis', 'until'],
    },
    execute: { event: 'OrderExecuted', about: 'Carried out', data: ['by'] },
    rescind: { event: 'OrderRescinded', about: 'Taken back', data: ['by', 'legalBasis'] },
    supersede: {
      event: 'OrderSuperseded',
      about: 'Another order took its place',
      data: ['supersededBy', 'by', 'legalBasis'],
    },
  },
})
