import { defineKind } from './kind.ts'

const act = [
  'type!',
  'title',
  'issuer',
  'legalBasis',
  'term',
  'until',
  'grounds',
  'measures',
  'partOf',
] as const

export const emergency = defineKind({
  name: 'emergency',
  plural: 'emergencies',
  about: 'A legal act that gives a state of emergency or another exceptional regime',
  example: 'ec-110-2024',
  types: [
    'state_of_emergency',
    'internal_armed_conflict',
    'curfew',
    'border_closure',
    'security_zone',
    'public_warning',
  ],
  commands: {
    announce: { event: 'EmergencyAnnounced', about: 'It was said that it will come', data: act },
    abandon: { event: 'EmergencyAbandoned', about: 'What was announced will not come', data: ['by'] },
    declare: { event: 'EmergencyDeclared', about: 'It is in force', data: act },
    extend: {
      event: 'EmergencyExtended',
      about: 'It holds longer: by a term, or until an end',
      data: ['term', 'until', 'by', 'legalBasis'],
      exactlyOne: ['term', 'until'],
    },
    amend: {
      event: 'EmergencyAmended',
      about: 'Its places, grounds or measures changed; lifted in a part, the places left',
      data: ['title', 'legalBasis', 'grounds', 'measures', 'by'],
    },
    uphold: {
      event: 'EmergencyUpheld',
      about: 'A court or its issuer confirmed it, on the grounds left, or ruled on its end',
      data: ['by', 'legalBasis', 'until', 'grounds', 'measures'],
    },
    lift: { event: 'EmergencyLifted', about: 'It was ended before its end', data: ['by', 'legalBasis'] },
    supersede: {
      event: 'EmergencySuperseded',
      about: 'Another act took its place',
      data: ['supersededBy', 'by', 'legalBasis'],
    },
    annul: {
      event: 'EmergencyAnnulled',
      about: 'A court struck it down, from the moment its ruling has effect',
      data: ['by', 'legalBasis'],
    },
  },
})
