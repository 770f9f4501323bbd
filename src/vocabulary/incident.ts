import { defineKind } from './kind.ts'

const happening = ['type', 'title', 'actors', 'partOf'] as const

export const incident = defineKind({
  name: 'incident',
  plural: 'incidents',
  about: 'Something violent that happened or goes on',
  example: 'ec-hostages-2024-01',
  types: ['riot', 'hostage_taking', 'armed_attack', 'mass_escape', 'explosion', 'killing', 'takeover'],
  commands: {
    report: { event: 'IncidentReported', about: 'Said to have happened', data: happening },
    confirm: {
      event: 'IncidentConfirmed',
      about: 'An authority says so, or it is established',
      data: happening,
    },
    'report-figure': {
      event: 'IncidentFigureReported',
      about: 'A number of one measure; it counts the whole unless scope names the part',
      data: ['measure!', 'value!', 'scope'],
    },
    contain: { event: 'IncidentContained', about: 'Under control', data: ['by'] },
    end: { event: 'IncidentEnded', about: 'Over', data: ['by'] },
    dismiss: { event: 'IncidentDismissed', about: 'There was none', data: ['by'] },
  },
})
