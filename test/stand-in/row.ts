/** An event as a client sends it. */
export type Proposed = {
  id: string
  type: string
  contentType: string
  data: Uint8Array
  metadata: Uint8Array
}

/** An event as the server keeps it; `created` is its clock, in milliseconds. */
export type Row = Proposed & { stream: string; revision: number; position: number; created: number }

/** What a writer expects of a stream: an exact revision, -1 for no stream, or no more than that it is there. */
export type Expected = number | 'any' | 'stream_exists'

/** What became of an append. `dropped`: the same is about to be written, and this one is not answered in time. */
export type Outcome =
  | { kind: 'written'; revision: number; position: number }
  | { kind: 'conflict'; actual: number }
  | { kind: 'deleted' | 'too_large' | 'bad' | 'dropped' }
