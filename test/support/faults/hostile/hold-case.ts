/** Gives an input to its entry and holds what must hold: nothing outside is touched, and it is refused soon,
 *  in little memory, in words. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from '../../../../infra/base/exit-codes.ts';
import { watch, type Watched } from '../watched-process.ts';
import type { Given, HostileCase } from './hostile-case.ts';
import type { Report } from './read-input.ts';

export const limits = { seconds: 5, megabytes: 512 } as const;
const program = 'test/support/faults/hostile/read-input.ts';
/** The errors by which the software refuses an input; anything else would have happened by accident. */
const refusals = [
  'BadInputError',
  'MissingDataError',
  'DataError',
  'ShapeError',
  'ConfigError',
  'SafetensorsError',
];
const canary = 'canary-7f3a: nobody may read this';

export async function holdCase(
  hostile: HostileCase,
  folder: string,
  random: () => number,
): Promise<Report & { readonly programs: readonly string[] }> {
  const [root, outside] = [join(folder, 'root'), join(folder, 'outside')];
  for (const made of [root, outside]) mkdirSync(made);
  writeFileSync(join(outside, 'secret'), canary);
  const given = await hostile.make({ root, outside, random });
  const before = stateOf(outside);
  const [input, output] = [join(root, '.given.json'), join(root, '.report.json')];
  writeFileSync(input, JSON.stringify(given));
  const watched = await watch(program, [input, output], { root, log: join(folder, 'trace') });
  assert.ok(
    existsSync(output),
    `${hostile.name}: it ended with ${watched.code} and no report: ${watched.stderr.slice(-600)}`,
  );
  const report = JSON.parse(readFileSync(output, 'utf8')) as Report;
  const told = given.entry === 'command line' ? watched.stderr : (report.error?.message ?? '');

  assert.deepEqual(watched.outside, [], `${hostile.name}: it went outside its folder`);
  assert.equal(stateOf(outside), before, `${hostile.name}: what lies outside has changed`);
  assert.ok(
    !told.includes(canary.slice(0, 11)),
    `${hostile.name}: it tells what it should not have read: ${told}`,
  );
  if (hostile.end !== 'harmless') assertRefused(hostile.name, given, report, watched);
  assert.ok(
    report.seconds < limits.seconds,
    `${hostile.name}: it took ${report.seconds.toFixed(1)} s (${told})`,
  );
  assert.ok(
    report.megabytes < limits.megabytes,
    `${hostile.name}: it took ${report.megabytes.toFixed(0)} MB (${told})`,
  );
  return { ...report, programs: watched.programs };
}

function assertRefused(name: string, given: Given, { error }: Report, { code, stderr }: Watched): void {
  if (given.entry !== 'command line')
    return assert.ok(
      error && refusals.includes(error.name),
      `${name}: it should be refused, and ends in ${error ? `${error.name}: ${error.message}` : 'success'}`,
    );
  assert.ok(
    code === exitCodes.badInput || code === exitCodes.failed,
    `${name}: exit code ${code}: ${stderr}`,
  );
  assert.match(stderr, /^error: \S.*\n$/, `${name}: one sentence`);
}

/** Names, sizes, times and content of what lies outside. */
const stateOf = (outside: string): string =>
  JSON.stringify(
    [
      outside,
      ...readdirSync(outside)
        .sort()
        .map((name) => join(outside, name)),
    ].map((path) => {
      const found = statSync(path);
      return [path, found.mtimeMs, found.size, found.isFile() ? readFileSync(path, 'latin1') : null];
    }),
  );
