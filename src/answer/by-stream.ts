/**
 * The places of a list whose items are of these streams, by stream, in the order in which each comes first: what is known of a
 * stream is far away in memory, and near once it was looked at.
 */
export const groupedByStream = <Stream extends string | null>(
  streams: Iterable<Stream>,
): Map<Stream, number[]> => {
  const places = new Map<Stream, number[]>()
  let place = 0
  for (const stream of streams) {
    const there = places.get(stream)
    if (there) there.push(place)
    else places.set(stream, [place])
    place++
  }
  return places
}

/** The same places, those of one stream one after another. */
export const placesByStream = (streams: Iterable<string | null>): number[] =>
  [...groupedByStream(streams).values()].flat()
