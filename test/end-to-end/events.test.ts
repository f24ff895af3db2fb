/** `run --json` of a real run: every line is an event of the documented shape, from its beginning to its results. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodes } from '../../infra/cli/exit-codes.ts';
import { runEventSchema } from '../../infra/cli/events.ts';
import { run } from '../support/command-line.ts';
import { runArguments } from '../support/faults/small-run.ts';
import { temporaryFolder } from '../support/folders.ts';

test('a run tells programs how it goes on, one JSON object a line', async () => {
  const { code, stdout, stderr } = await run([...runArguments(temporaryFolder('run-events')), '--json']);
  assert.equal(code, 0, stderr);
  const events = stdout.trim().split('\n').map((line) => runEventSchema.parse(JSON.parse(line)));
  assert.deepEqual([events[0]!.event, events.at(-1)!.event], ['begun', 'ended']);
  assert(events.some(({ event }) => event === 'progress'));
  assert.equal(new Set(events.map((event) => event.run)).size, 1);
  const end = events.at(-1)!;
  assert(end.event === 'ended' && end.status === 'completed' && typeof (end.results as { mse: { ebmFce: number } }).mse.ebmFce === 'number');
});

test('a run that does not complete tells them why, and what the command ends with, in its last line; so does its resumption', async () => {
  const out = temporaryFolder('run-events-failed');
  const wild = ['contrast.flow.learningRate=1e4', 'contrast.recovery.maxRollbacks=0'];
  const first = await run([...runArguments(out, ...wild), '--json']);
  for (const { code, stdout } of [first, await run(['resume', 'latest', '--json', '--out', out])]) {
    const end = stdout.trim().split('\n').map((line) => runEventSchema.parse(JSON.parse(line))).at(-1)!;
    assert(end.event === 'ended' && end.status === 'failed' && /gave up/.test(end.failure!.sentence), stdout);
    assert.deepEqual([code, end.failure!.exitCode], [exitCodes.diverged, exitCodes.diverged]);
  }
});
