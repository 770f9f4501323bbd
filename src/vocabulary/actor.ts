import { defineKind } from './kind.ts'

export const actor = defineKind({
  name: 'actor',
  plural: 'actors',
  about: 'A person, organization, unit or office',
  example: 'fito',
  types: ['person', 'organization', 'unit', 'office'],
  commands: {
    describe: {
      event: 'ActorDescribed',
      about: 'What it is and how it is called',
      data: ['type!', 'name!', 'aliases', 'roles', 'parent'],
    },
    appoint: { event: 'ActorAppointed', about: 'Has one more office or function', data: ['role!'] },
    dismiss: { event: 'ActorDismissed', about: 'Has one less', data: ['role!'] },
    merge: { event: 'ActorMerged', about: 'Proved to be another actor', data: ['into!'] },
  },
})
