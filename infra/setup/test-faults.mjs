// @ts-check
/** `npm run test:faults [-- --trials N] [ROW ...]`: set-up, then the fault tests in their long form. */
import { launch } from './launch.mjs';

await launch('test/support/faults/long-form.ts', process.argv.slice(2));
