import type { DynamicLibraryResult, FunctionDefinitions, toBuffer } from 'node:ffi'

/** Functions of the system, and what makes a buffer of memory that one of them gave. */
export type Foreign<Of extends FunctionDefinitions> = {
  functions: DynamicLibraryResult<Of>['functions']
  toBuffer: typeof toBuffer
}

/** Undefined where this Node has no foreign functions, or this system not these. */
export const openForeign = <const Of extends FunctionDefinitions>(
  signatures: Of,
): Foreign<Of> | undefined => {
  const emitWarning = process.emitWarning.bind(process)
  try {
    // Node warns whoever runs it that these functions may change; but it is pinned, and nothing rests on them alone.
    process.emitWarning = () => undefined
    const { dlopen, toBuffer } = process.getBuiltinModule('node:ffi')
    return { functions: dlopen(null, signatures).functions, toBuffer }
  } catch {
    return undefined
  } finally {
    process.emitWarning = emitWarning
  }
}
