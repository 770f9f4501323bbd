import { createHash, randomBytes } from 'node:crypto'

/** A new access key: 256 random bits behind `cl_`, which whoever looks for leaked secrets can recognise. */
export const newKey = (): string => `cl_${randomBytes(32).toString('base64url')}`

/** What is kept of a key. It needs no salt and no slow hash: nobody guesses 256 random bits. */
export const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest()
