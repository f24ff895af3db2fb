// @ts-check
/** `npm test [-- FILES]`: set-up, then the suite, or the given files of it. */
import { launch } from './launch.mjs';

await launch('infra/test-runner/main.ts', process.argv.slice(2));
