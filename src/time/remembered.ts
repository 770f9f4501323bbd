/**
 * A pure function of two texts that remembers up to `limit` answers. A full memory is emptied at once: to drop
 * the oldest entry of a Map costs more than to compute most answers again. What throws is not remembered, nor is
 * what is asked by long texts, which would fill the memory however few they are.
 */
export const remembered = <Answer>(
  limit: number,
  compute: (group: string, key: string) => Answer,
): ((group: string, key: string) => Answer) => {
  // Two levels, because to join the texts into one key costs more than the second look-up.
  const groups = new Map<string, Map<string, Answer>>()
  let size = 0
  return (group, key) => {
    if (key.length > longest || group.length > longest) return compute(group, key)
    const known = groups.get(group)?.get(key)
    if (known !== undefined) return known
    const answer = compute(group, key)
    if (size >= limit) {
      groups.clear()
      size = 0
    }
    const members = groups.get(group)
    if (members === undefined) groups.set(group, new Map([[key, answer]]))
    else members.set(key, answer)
    size += 1
    return answer
  }
}

const longest = 64
