/**
 * The places of a list whose items are of these streams, those of one stream one after another: what is known of a stream is
 * far away in memory, and near once it was looked at.
 */
export const placesByStream = (streams: Iterable<string | null>): number[] => {
  const places = new Map<string | null, number[]>()
  let place = 0
  for (const stream of streams) {
    const there = places.get(stream)
    if (there) there.push(place)
    else places.set(stream, [place])
    place++
  }
  return [...places.values()].flat()
}
