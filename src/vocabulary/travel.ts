import { defineKind } from './kind.ts'

export const travel = defineKind({
  name: 'travel',
  plural: 'travels',
  about: 'A journey of officials; ordered to go is not there',
  example: 'pe-ministers-tumbes-2024-01',
  commands: {
    order: {
      event: 'TravelOrdered',
      about: 'Ordered or planned; places: where to',
      data: ['travellers!', 'orderedBy', 'purpose'],
    },
    cancel: { event: 'TravelCancelled', about: 'Called off', data: ['by'] },
    depart: { event: 'TravellerDeparted', about: 'On the way', data: ['travellers'] },
    arrive: { event: 'TravellerArrived', about: 'There', data: ['travellers'] },
    return: { event: 'TravellerReturned', about: 'Back', data: [] },
  },
})
