import { defineKind } from './kind.ts'

export const meeting = defineKind({
  name: 'meeting',
  plural: 'meetings',
  about: 'A meeting of a body; called is not held',
  example: 'pe-council-2024-01',
  commands: {
    call: { event: 'MeetingCalled', about: 'Called', data: ['body!', 'calledBy', 'purpose', 'attendees'] },
    cancel: { event: 'MeetingCancelled', about: 'Called off', data: ['by'] },
    convene: { event: 'MeetingConvened', about: 'In session', data: ['body', 'attendees'] },
    conclude: { event: 'MeetingConcluded', about: 'Over, with what was decided', data: ['decisions'] },
  },
})
