// @ts-check
/** `import { Counterflow } from 'counterflow'`, from any program of Node: set-up where it is needed, then the
 *  library's TypeScript, loaded apart from the program's own modules. */
import { tsImport } from 'tsx/esm/api';
import { setUp } from '../setup/set-up.mjs';

await setUp(new AbortController());

/** @type {typeof import('../client/index.ts')} */
const library = await tsImport('../client/index.ts', import.meta.url);
export const { Counterflow, CounterflowError, RunHandle, SweepHandle, experiments } = library;
