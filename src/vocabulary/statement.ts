import { defineKind } from './kind.ts'

export const statement = defineKind({
  name: 'statement',
  plural: 'statements',
  about: 'What somebody said: solidarity, praise, blame and risk live here, in no field of a person',
  example: 'otarola-solidarity-2024',
  commands: {
    make: { event: 'StatementMade', about: 'Said', data: ['text!', 'speaker', 'about'] },
    deny: { event: 'StatementDenied', about: 'Said to be false', data: ['by', 'text'] },
    withdraw: { event: 'StatementWithdrawn', about: 'Taken back by who said it', data: ['by'] },
  },
})
