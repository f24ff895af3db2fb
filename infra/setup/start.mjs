// @ts-check
/** `npm start [-- ARGS]`: set-up, then the command line tool; without arguments, the first experiment. */
import { launch } from './launch.mjs';

const args = process.argv.slice(2);
await launch('infra/cli/main.ts', args.length > 0 ? args : ['run', 'eight-gaussians']);
