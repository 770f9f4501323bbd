/** How much to measure. `events`: how large a ledger; `nodeOptions`: for the process measured, such as its profiler. */
export type Options = { rounds: number; seconds: number; events?: number; nodeOptions: readonly string[] }
