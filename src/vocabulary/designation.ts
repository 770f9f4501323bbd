import { defineKind } from './kind.ts'

export const designation = defineKind({
  name: 'designation',
  plural: 'designations',
  about: 'A list by which an authority names organizations, such as terrorist ones',
  example: 'ec-groups-2024',
  commands: {
    designate: {
      event: 'OrganizationDesignated',
      about: 'Named by an authority; a stated count and the names listed stay apart',
      data: ['title!', 'issuer', 'legalBasis', 'label', 'members', 'statedCount'],
    },
    'add-member': { event: 'DesignationMemberAdded', about: 'One more is on the list', data: ['member!'] },
    'remove-member': { event: 'DesignationMemberRemoved', about: 'One is off the list', data: ['member!'] },
    revoke: { event: 'DesignationRevoked', about: 'The authority took it back', data: ['by', 'legalBasis'] },
    annul: { event: 'DesignationAnnulled', about: 'A court struck it down', data: ['by', 'legalBasis'] },
  },
})
