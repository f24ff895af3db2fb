/** `run --json` of a real run: every line is an event of the documented shape, from its beginning to its
 *  results. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodes } from '../../infra/base/exit-codes.ts';
import { runEventSchema, type RunEvent } from '../../infra/client/runs/events.ts';
import { recordOf, run } from '../support/command-line.ts';
import { runArguments } from '../support/faults/small-run.ts';
import { temporaryFolder } from '../support/folders.ts';

test('a run tells programs how it goes on, one JSON object a line', async () => {
  const { code, stdout, stderr } = await run([...runArguments(temporaryFolder('run-events')), '--json']);
  assert.equal(code, 0, stderr);
  const events = eventsIn(stdout);
  assert.deepEqual([events[0]!.event, events.at(-1)!.event], ['begun', 'ended']);
  assert(events.some(({ event }) => event === 'progress'));
  assert.equal(new Set(events.map((event) => event.run)).size, 1);
  const end = events.at(-1)!;
  assert(
    end.event === 'ended'
      && end.status === 'completed'
      && typeof (end.results as { mse: { ebmFce: number } }).mse.ebmFce === 'number',
  );
});

test(
  'a run that does not complete tells them why, and what the command ends with, in its last line; so '
    + 'does its resumption, and of before once',
  async () => {
    const out = temporaryFolder('run-events-failed');
    const wild = ['contrast.flow.learningRate=1e4', 'contrast.recovery.maxRollbacks=1'];
    const first = await run([...runArguments(out, ...wild), '--json']);
    const { decisions } = await recordOf(out);
    assert.deepEqual(
      decisions.map(({ what }) => what),
      ['rollback', 'gave-up'],
    );
    const resumed = await run(['resume', 'latest', '--json', '--out', out]);
    for (const { code, stdout } of [first, resumed]) {
      const end = eventsIn(stdout).at(-1)!;
      assert(
        end.event === 'ended' && end.status === 'failed' && /gave up/.test(end.failure!.sentence),
        stdout,
      );
      assert.deepEqual([code, end.failure!.exitCode], [exitCodes.diverged, exitCodes.diverged]);
    }
    const said = eventsIn(resumed.stdout).filter((event) => event.event === 'said');
    assert.deepEqual(
      said.filter(({ before }) => before).map(({ sentence }) => sentence),
      decisions.map(({ sentence }) => sentence),
    );
    const [anew, ...more] = said.filter(({ before }) => !before).map(({ sentence }) => sentence);
    assert.match(anew!, /was resumed/);
    assert.deepEqual(
      more.filter((sentence) => !/ segments were found/.test(sentence)),
      [],
    );
  },
);

const eventsIn = (stdout: string): RunEvent[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => runEventSchema.parse(JSON.parse(line)));
