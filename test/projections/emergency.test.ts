import { describe } from 'vitest'
import { specify } from '../given.ts'

const type = 'state_of_emergency'
const sixtyDays = { duration: 'P60D', countsFirstDay: null }
const thirtyDays = { duration: 'P30D', countsFirstDay: null }
const esmeraldas = [{ name: 'Esmeraldas', country: 'EC', subdivision: 'EC-E' }]
const ecuador = [{ name: 'Ecuador', country: 'EC', precision: 'country' }]

describe('announced is not in force', () => {
  specify('emergency', {
    'only a declaration, from its own time, puts it in force': {
      given: [
        ['announce', '2024-01-07', { type }],
        ['declare', '2024-01-09', { type }],
      ],
      holds: {
        '2024-01-06': null,
        '2024-01-07': 'announced',
        '2024-01-08': 'announced',
        '2024-01-09': 'in_force',
      },
    },
    'the term of an announcement is a plan: it is shown and ends nothing': {
      given: [['announce', '2024-01-07', { type, term: sixtyDays, until: '2024-03-01' }]],
      holds: { '2024-06-01': { status: 'announced', term: sixtyDays, until: '2024-03-01', end: null } },
    },
    'a declaration has the term it gives itself, and none of the announcement': {
      given: [
        ['announce', '2024-01-07', { type, term: sixtyDays, until: '2024-03-01' }],
        ['declare', '2024-01-09', { type }],
      ],
      holds: { '2024-06-01': { status: 'in_force', term: null, until: null, end: null } },
    },
    'what was announced can be abandoned, and its plan stays to be seen': {
      given: [
        ['announce', '2024-01-07', { type, term: sixtyDays }],
        ['abandon', '2024-01-08'],
      ],
      holds: { '2024-01-08': { status: 'abandoned', term: sixtyDays, end: null } },
    },
    'and announced again, or declared all the same': {
      given: [
        ['announce', '2024-01-07', { type, term: sixtyDays }],
        ['abandon', '2024-01-08'],
        ['announce', '2024-01-09', { type, term: thirtyDays }],
        ['abandon', '2024-01-10'],
        ['declare', '2024-01-11', { type }],
      ],
      holds: { '2024-01-09': { status: 'announced', term: thirtyDays }, '2024-01-11': 'in_force' },
    },
    'an announcement told after the declaration fills what is unknown, and no term': {
      given: [
        ['declare', '2024-01-08', { type, grounds: ['riots'] }],
        [
          'announce',
          '2024-01-09',
          { type: 'curfew', title: 'Curfew', grounds: ['x'], term: sixtyDays, issuer: 'Noboa' },
        ],
      ],
      holds: {
        '2024-06-01': {
          status: 'in_force',
          type,
          title: 'Curfew',
          grounds: ['riots'],
          issuer: { name: 'Noboa' },
          term: null,
          end: null,
        },
      },
    },
    'an announcement after the end is out of place, and yields all the same': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['lift', '2024-01-10'],
        ['announce', '2024-01-12', { type, title: 'Told late' }],
      ],
      holds: { '2024-01-12': { status: 'lifted', title: 'Told late' } },
      flagged: { e2: 'lifted' },
    },
    'an announcement told twice fills its plan': {
      given: [
        ['announce', '2024-01-07', { type, until: '2024-03-01' }],
        ['announce', '2024-01-08', { type, term: sixtyDays, until: '2024-04-01' }],
      ],
      holds: { '2024-01-08': { status: 'announced', term: sixtyDays, until: '2024-03-01' } },
    },
    'abandoning what is in force is out of place and changes nothing': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['abandon', '2024-01-09'],
      ],
      holds: { '2024-01-09': 'in_force' },
      flagged: { e1: 'in_force' },
    },
    'as is abandoning what nobody announced: there is still nothing': {
      given: [['abandon', '2024-01-09', { places: ecuador }]],
      holds: { '2024-01-09': null },
      flagged: { e0: null },
    },
  })
})

describe('a term ends it by itself', () => {
  specify('emergency', {
    'sixty days from 8 January in Guayaquil, nobody knows how counted: perhaps over on 8 March': {
      given: [['declare', '2024-01-08', { type, term: sixtyDays }]],
      holds: {
        '2024-03-08T04:59:59.999Z': 'in_force',
        '2024-03-08T05:00:00.000Z': ['in_force', 'expired'],
        '2024-03-08': ['in_force', 'expired'],
        '2024-03-09T05:00:00.000Z': {
          status: 'expired',
          term: sixtyDays,
          end: { earliest: '2024-03-08T05:00:00.000Z', latest: '2024-03-09T05:00:00.000Z' },
        },
      },
    },
    'the first day counts: over when 8 March begins': {
      given: [['declare', '2024-01-08', { type, term: { duration: 'P60D', countsFirstDay: true } }]],
      holds: { '2024-03-07': 'in_force', '2024-03-08T05:00:00.000Z': 'expired' },
    },
    'it does not: over when 9 March begins': {
      given: [['declare', '2024-01-08', { type, term: { duration: 'P60D', countsFirstDay: false } }]],
      holds: { '2024-03-08': 'in_force', '2024-03-09T05:00:00.000Z': 'expired' },
    },
    'an uncertain beginning makes the end uncertain': {
      given: [
        ['declare', '2024-01-08/2024-01-09', { type, term: { duration: 'P60D', countsFirstDay: true } }],
      ],
      holds: {
        '2024-03-07': 'in_force',
        '2024-03-08': ['in_force', 'expired'],
        '2024-03-09T05:00:00.000Z': {
          status: 'expired',
          end: { earliest: '2024-03-08T05:00:00.000Z', latest: '2024-03-09T05:00:00.000Z' },
        },
      },
    },
    'hours are exact': {
      given: [
        ['declare', '2024-01-08T18:30:00-05:00', { type, term: { duration: 'PT12H', countsFirstDay: null } }],
      ],
      holds: { '2024-01-09T11:29:59.999Z': 'in_force', '2024-01-09T11:30:00.000Z': 'expired' },
    },
    'months are months': {
      given: [['declare', '2024-01-31', { type, term: { duration: 'P1M', countsFirstDay: true } }]],
      holds: { '2024-02-28': 'in_force', '2024-02-29': 'expired' },
    },
    'the end is reckoned in the zone of the event that gives it': {
      given: [
        [
          'declare',
          '2024-01-08',
          { type, term: { duration: 'P60D', countsFirstDay: true }, zone: 'Europe/Madrid' },
        ],
      ],
      holds: { '2024-03-07T22:59:59.999Z': 'in_force', '2024-03-07T23:00:00.000Z': 'expired' },
    },
    'a planned end is its last day, and comes before a term': {
      given: [['declare', '2024-01-08', { type, until: '2024-02-29', term: sixtyDays }]],
      holds: {
        '2024-02-29': { status: 'in_force', until: '2024-02-29', term: sixtyDays },
        '2024-03-01T05:00:00.000Z': {
          status: 'expired',
          end: { earliest: '2024-03-01T05:00:00.000Z', latest: '2024-03-01T05:00:00.000Z' },
        },
      },
    },
    'or the moment it stops': {
      given: [['declare', '2024-01-08', { type, until: '2024-02-29T12:00:00-05:00' }]],
      holds: { '2024-02-29T16:59:59.999Z': 'in_force', '2024-02-29T17:00:00.000Z': 'expired' },
    },
    'without either it lasts': {
      given: [['declare', '2024-01-08', { type }]],
      holds: { '9999-12-31': { status: 'in_force', end: null } },
    },
    'expired, it can be upheld, and stays expired even if its end moves': {
      given: [
        ['declare', '2024-01-08', { type, until: '2024-01-20' }],
        ['uphold', '2024-01-25', { until: '2024-02-10' }],
      ],
      holds: {
        '2024-01-25': {
          status: 'expired',
          until: '2024-01-20',
          end: { earliest: '2024-02-11T05:00:00.000Z', latest: '2024-02-11T05:00:00.000Z' },
        },
      },
    },
    'expired, lifted, superseded and annulled are different ends': {
      given: [
        ['declare', '2024-01-08', { type, until: '2024-01-20' }],
        ['lift', '2024-01-25'],
        ['supersede', '2024-01-26', { supersededBy: 'emergency-b-2' }],
        ['annul', '2024-01-27'],
      ],
      holds: {
        '2024-01-24': { status: 'expired', supersededBy: null },
        '2024-01-25': 'lifted',
        '2024-01-26': { status: 'superseded', supersededBy: 'emergency-b-2' },
        '2024-01-27': 'annulled',
      },
      flagged: { e1: 'expired', e2: 'lifted' },
    },
  })
})

describe('it holds longer', () => {
  specify('emergency', {
    'thirty days more move both bounds of the end, which stays uncertain': {
      given: [
        ['declare', '2024-01-08', { type, term: sixtyDays }],
        ['extend', '2024-03-07', { term: { duration: 'P30D', countsFirstDay: true } }],
      ],
      holds: {
        '2024-03-20': {
          status: 'in_force',
          term: sixtyDays,
          end: { earliest: '2024-04-07T05:00:00.000Z', latest: '2024-04-08T05:00:00.000Z' },
        },
        '2024-04-06': 'in_force',
        '2024-04-07': ['in_force', 'expired'],
        '2024-04-08': 'expired',
      },
    },
    'decided on a day on which it may be over already, it is in place': {
      given: [
        ['declare', '2024-01-08', { type, term: sixtyDays }],
        ['extend', '2024-03-08', { term: thirtyDays }],
      ],
      holds: { '2024-03-08T12:00:00.000Z': ['in_force', 'expired', 'in_force'], '2024-03-09': 'in_force' },
    },
    'until a day': {
      given: [
        ['declare', '2024-01-08', { type, term: sixtyDays }],
        ['extend', '2024-03-07', { until: '2024-03-31' }],
      ],
      holds: { '2024-03-31': { status: 'in_force', until: null, term: sixtyDays }, '2024-04-01': 'expired' },
    },
    'in the zone of the extension, where clocks are set in between': {
      given: [
        ['declare', '2024-03-20', { type, zone: 'Europe/Madrid', until: '2024-03-28' }],
        ['extend', '2024-03-28', { zone: 'Europe/Madrid', term: { duration: 'P5D', countsFirstDay: true } }],
      ],
      holds: { '2024-04-02T21:59:59.999Z': 'in_force', '2024-04-02T22:00:00.000Z': 'expired' },
    },
    'an end nobody knows stays unknown': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['extend', '2024-03-07', { term: thirtyDays }],
      ],
      holds: { '2024-12-31': { status: 'in_force', end: null } },
    },
    'with nothing in force it is out of place and counts from its own time': {
      given: [
        ['declare', '2024-01-08', { type, term: sixtyDays }],
        ['extend', '2024-03-20', { term: { duration: 'P30D', countsFirstDay: true } }],
      ],
      holds: {
        '2024-03-19': 'expired',
        '2024-03-20': 'in_force',
        '2024-04-18': 'in_force',
        '2024-04-19': 'expired',
      },
      flagged: { e1: 'expired' },
    },
    'also where no declaration is recorded': {
      given: [['extend', '2024-03-20', { term: { duration: 'P30D', countsFirstDay: false } }]],
      holds: {
        '2024-03-19': null,
        '2024-04-19': { status: 'in_force', title: 'a-1', type: null },
        '2024-04-20': 'expired',
      },
      flagged: { e0: null },
    },
    'a court rules on its last day': {
      given: [
        ['declare', '2024-01-08', { type, term: sixtyDays }],
        ['uphold', '2024-01-20', { until: '2024-02-10' }],
      ],
      holds: { '2024-02-10': { status: 'in_force', until: null }, '2024-02-11': 'expired' },
    },
  })
})

describe('an until that is over when its own time begins is out of place, and counts', () => {
  specify('emergency', {
    'of a declaration': {
      given: [['declare', '2024-01-10', { type, until: '2024-01-09' }]],
      holds: { '2024-01-09': null, '2024-01-10T12:00:00.000Z': [null, 'expired'], '2024-01-10': 'expired' },
      flagged: { e0: null },
    },
    'the last day may be the first': {
      given: [['declare', '2024-01-10', { type, until: '2024-01-10' }]],
      holds: { '2024-01-10': 'in_force', '2024-01-11': 'expired' },
    },
    'but not the first moment the last': {
      given: [['declare', '2024-01-10T05:00:00Z', { type, until: '2024-01-10T05:00:00Z' }]],
      holds: { '2024-01-10T05:00:00.000Z': 'expired' },
      flagged: { e0: null },
    },
    'what may have begun at any time before is in place': {
      given: [['declare', '../2024-01-10', { type, until: '2024-01-09' }]],
      holds: {
        '2024-01-09': [null, 'in_force'],
        '2024-01-10T12:00:00.000Z': [null, 'expired'],
        '2024-01-10': 'expired',
      },
    },
    'of an extension': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['extend', '2024-01-12', { until: '2024-01-11' }],
      ],
      holds: { '2024-01-11': 'in_force', '2024-01-12': 'expired' },
      flagged: { e1: 'in_force' },
    },
    'of a ruling': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['uphold', '2024-01-12', { until: '2024-01-11' }],
      ],
      holds: { '2024-01-11': 'in_force', '2024-01-12': 'expired' },
      flagged: { e1: 'in_force' },
    },
  })
})

describe('what it covers, and on what grounds', () => {
  specify('emergency', {
    'an amendment changes the places: those left, where it was lifted in a part': {
      given: [
        [
          'declare',
          '2024-01-08',
          { type, places: ecuador, grounds: ['riots', 'gangs'], measures: ['curfew'] },
        ],
        ['amend', '2024-01-20', { places: esmeraldas, title: 'In part' }],
      ],
      holds: {
        '2024-01-19': { places: ecuador, title: 'a-1' },
        '2024-01-20': {
          status: 'in_force',
          places: esmeraldas,
          title: 'In part',
          grounds: ['riots', 'gangs'],
          measures: ['curfew'],
        },
      },
    },
    'upheld on the grounds left': {
      given: [
        [
          'declare',
          '2024-01-08',
          { type, grounds: ['riots', 'gangs'], legalBasis: { type: 'decree', number: '110' } },
        ],
        ['uphold', '2024-01-20', { grounds: ['gangs'], by: 'Constitutional Court' }],
      ],
      holds: {
        '2024-01-20': {
          status: 'in_force',
          grounds: ['gangs'],
          legalBasis: { type: 'decree', number: '110' },
        },
      },
    },
    'a legal basis replaces the other whole': {
      given: [
        ['declare', '2024-01-08', { type, legalBasis: { type: 'decree', number: '110' } }],
        ['amend', '2024-01-20', { legalBasis: { type: 'ruling' } }],
      ],
      holds: { '2024-01-20': { legalBasis: { type: 'ruling' } } },
    },
    'a list given empty is empty': {
      given: [
        ['declare', '2024-01-08', { type, measures: ['curfew'], places: ecuador }],
        ['amend', '2024-01-20', { measures: [], places: [] }],
      ],
      holds: { '2024-01-20': { measures: [], places: [] } },
    },
    'an amendment of the announced is in place': {
      given: [
        ['announce', '2024-01-08', { type }],
        ['amend', '2024-01-09', { places: ecuador }],
      ],
      holds: { '2024-01-09': { status: 'announced', places: ecuador } },
    },
    'where it may not apply yet, the places are two candidates': {
      given: [
        ['declare', '2024-01-08', { type, places: ecuador }],
        ['amend', '2024-01-20', { places: esmeraldas }],
      ],
      holds: { '2024-01-20T12:00:00.000Z': [{ places: ecuador }, { places: esmeraldas }] },
    },
    'grounds alone are not': {
      given: [
        ['declare', '2024-01-08', { type, grounds: ['riots'] }],
        ['amend', '2024-01-20', { grounds: ['gangs'] }],
      ],
      holds: { '2024-01-20T12:00:00.000Z': { grounds: ['riots'] }, '2024-01-20': { grounds: ['gangs'] } },
    },
  })
})

describe('annulled', () => {
  specify('emergency', {
    'from the ruling': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['annul', '2024-02-08'],
      ],
      holds: { '2024-02-07': 'in_force', '2024-02-08': 'annulled' },
    },
    'from the declaration: it never held': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['annul', '2024-01-08'],
      ],
      holds: { '2024-01-07': null, '2024-01-08': 'annulled' },
    },
    'it is final: what follows is out of place and changes nothing': {
      given: [
        ['declare', '2024-01-08', { type, term: sixtyDays, title: 'Decree' }],
        ['annul', '2024-01-10'],
        ['declare', '2024-01-11', { type: 'curfew', title: 'Again', places: ecuador }],
        ['extend', '2024-01-12', { term: thirtyDays }],
        ['uphold', '2024-01-13', { grounds: ['gangs'] }],
        ['announce', '2024-01-14', { type, issuer: 'Noboa' }],
        ['annul', '2024-01-15', { places: ecuador }],
      ],
      holds: {
        '2024-06-01': {
          status: 'annulled',
          type,
          title: 'Decree',
          places: [],
          grounds: [],
          issuer: null,
          term: sixtyDays,
        },
      },
      flagged: { e2: 'annulled', e3: 'annulled', e4: 'annulled', e5: 'annulled', e6: 'annulled' },
    },
  })
})

describe('acts out of place apply', () => {
  specify('emergency', {
    'a lifting of what was only announced': {
      given: [
        ['announce', '2024-01-08', { type }],
        ['lift', '2024-01-10'],
      ],
      holds: { '2024-01-10': 'lifted' },
      flagged: { e1: 'announced' },
    },
    'a second declaration, with its own end': {
      given: [
        ['declare', '2024-01-08', { type, until: '2024-02-01' }],
        ['declare', '2024-01-10', { type: 'curfew' }],
      ],
      holds: { '2024-06-01': { status: 'in_force', type: 'curfew', until: null, end: null } },
      flagged: { e1: 'in_force' },
    },
    'a lifting alone: lifted, of what nobody told': {
      given: [['lift', '2024-01-10']],
      holds: { '2024-01-09': null, '2024-01-10': { status: 'lifted', title: 'a-1', type: null } },
      flagged: { e0: null },
    },
  })
})
