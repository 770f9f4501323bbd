import { defineKind } from './kind.ts'

const escape = ['person!', 'aliases', 'partOf'] as const

export const fugitive = defineKind({
  name: 'fugitive',
  plural: 'fugitives',
  about: 'One episode of one person missing from custody',
  example: 'fito-2024',
  commands: {
    'notice-absence': {
      event: 'AbsenceNoticed',
      about: 'Not found where held; places: the prison',
      data: escape,
    },
    'report-escape': { event: 'EscapeReported', about: 'Said to have escaped', data: escape },
    'confirm-escape': {
      event: 'EscapeConfirmed',
      about: 'Who answers for the custody says so: prison service, government or court',
      data: escape,
    },
    'deny-escape': { event: 'EscapeDenied', about: 'Said not to have escaped', data: ['person!', 'aliases'] },
    sight: { event: 'FugitiveSighted', about: 'Seen; places: where', data: ['by'] },
    recapture: { event: 'FugitiveRecaptured', about: 'Caught', data: ['by'] },
    surrender: { event: 'FugitiveSurrendered', about: 'Gave himself or herself up', data: [] },
    'report-death': { event: 'FugitiveDeathReported', about: 'Said to be dead', data: ['by'] },
    extradite: {
      event: 'FugitiveExtradited',
      about: 'Handed over; places: the receiving country',
      data: ['by'],
    },
    release: { event: 'FugitiveReleased', about: 'Let go from custody', data: ['by'] },
    'confirm-death': { event: 'FugitiveDeathConfirmed', about: 'Established to be dead', data: ['by'] },
  },
})
