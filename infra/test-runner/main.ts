/** Runs the test suite: each file in a process of its own, two at a time. Prints failures with their reasons,
 *  what was skipped and why, the slowest files, and as its last line the counts. Ends with 1 if a test failed
 *  or none ran. */
import { readdirSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { run } from 'node:test';
import { inCheckout } from '../setup/checkout.mjs';
import { Tally } from './tally.ts';

const concurrency = 2;
/** For a whole file: only a hang meets it, even on a busy machine. */
const timeout = 900_000;

// a server of the user's is no place for tests
for (const name of Object.keys(process.env)) if (name.startsWith('TEMPORAL_')) delete process.env[name];
process.env['TEMPORAL_CONFIG_FILE'] = '/dev/null';

const allFiles = (): string[] =>
  readdirSync(inCheckout('test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => inCheckout('test', name))
    .sort();

/** The test files that `args` name: as files, or by a folder above them; without `args`, all. */
function filesNamed(args: readonly string[]): string[] {
  const named = args.map((arg) => resolve(arg));
  return allFiles().filter(
    (file) => args.length === 0 || named.some((name) => file === name || file.startsWith(name + sep)),
  );
}

const files = filesNamed(process.argv.slice(2));
const tally = new Tally((file) => relative(inCheckout(), file));
// Without files node:test would look for its own.
for await (const event of files.length > 0 ? run({ files, concurrency, timeout }) : []) {
  for (const line of tally.add(event)) console.log(line);
}
for (const line of tally.closing()) console.log(line);
process.exitCode = tally.succeeded ? 0 : 1;
