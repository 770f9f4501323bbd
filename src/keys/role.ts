/** What a key lets one do, each with what those before it do: ask; record and import; rebuild. */
export const roles = ['read', 'write', 'admin'] as const
export type Role = (typeof roles)[number]

/** Whether a role lets one do what needs another. */
export const suffices = (role: Role, needed: Role): boolean => roles.indexOf(role) >= roles.indexOf(needed)

/** What a request needs by its method, unless its route says otherwise: whatever is no question is taken to change something. */
export const roleOf = (method: string): Role =>
  ['GET', 'HEAD', 'OPTIONS'].includes(method.toUpperCase()) ? 'read' : 'write'
