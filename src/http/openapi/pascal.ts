/** The words of a name, each with a capital: `revision_conflict` is `RevisionConflict`. */
export const pascal = (name: string): string =>
  name
    .split(/[-_ ]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
