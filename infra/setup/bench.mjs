// @ts-check
/** `npm run bench`: set-up, then the measurement of replay against eager. */
import { launch } from './launch.mjs';

await launch('infra/bench/main.ts', process.argv.slice(2));
