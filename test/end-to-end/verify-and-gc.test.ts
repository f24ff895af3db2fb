/** Real runs verified, repaired, and left alone by the collection of garbage, while they go on and while they
 *  wait to be resumed. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { exitCodes } from '../../infra/base/exit-codes.ts';
import type { PlanSummary } from '../../infra/cli/lines/plan-lines.ts';
import type { Removal } from '../../infra/gc/remove.ts';
import { layoutOf } from '../../infra/store/layout.ts';
import type { ActionRecord } from '../../infra/store/action-record.ts';
import { artifactsIn } from '../../infra/store/artifacts-in.ts';
import type { Verification } from '../../infra/verify/verify-run.ts';
import { uniform } from '../../models/core/random.ts';
import { recordOf, run, start, untilSegments, type Ended } from '../support/command-line.ts';
import { damageFile } from '../support/faults/damage.ts';
import { runArguments } from '../support/faults/small-run.ts';
import { temporaryFolder } from '../support/folders.ts';
import { noTemporal } from '../support/temporal.ts';

const out = join(temporaryFolder('verify-and-gc'), 'runs');
const { actions, objects } = layoutOf(out);
const succeeded = ({ code, stdout, stderr }: Ended): void => assert.equal(code, 0, `${stdout}\n${stderr}`);
const verified = async (): Promise<Verification & { ongoing: boolean }> =>
  JSON.parse((await run(['verify', 'latest', '--json', '--out', out])).stdout) as Verification & {
    ongoing: boolean;
  };
const bad = ({ findings }: Pick<Verification, 'findings'>) =>
  findings.filter(({ state }) => state === 'missing' || state === 'differs');
const gc = async (): Promise<PlanSummary & Removal> => {
  const ended = await run(['gc', '--yes', '--json', '--older-than', '1s', '--out', out]);
  succeeded(ended);
  return JSON.parse(ended.stdout) as PlanSummary & Removal;
};
/** In the order they were computed in. */
const segments = (): ActionRecord[] =>
  readdirSync(actions)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(actions, name), 'utf8')) as ActionRecord)
    .filter(({ activity }) => activity === 'train-segment')
    .sort((a, b) => a.at.localeCompare(b.at));
const objectOf = ({ output }: ActionRecord): string => {
  const { sha256 } = artifactsIn(output)[0]!;
  return `.store/objects/${sha256.slice(0, 2)}/${sha256}`;
};

describe('a real run', { skip: noTemporal, concurrency: false, timeout: 500_000 }, () => {
  test('verifies, and again after what was lost of it has been repaired, with the weights it had', async () => {
    succeeded(await run(runArguments(out)));
    const { weightsSha256, id } = await recordOf(out);
    const whole = await verified();
    assert.deepEqual(
      whole.findings.filter(({ state, note }) => state !== 'ok' || note !== undefined),
      [],
    );
    const [middle, last] = [objectOf(segments()[3]!), objectOf(segments().at(-1)!)];
    // of one content, and on one disk one file
    const ofLast = `${id}/checkpoints/contrast.safetensors`;
    const [report, metrics] = [`${id}/report.html`, `${id}/metrics.jsonl`];
    const lost = [middle, last, ofLast, report, metrics];
    for (const file of [middle, last]) damageFile(join(out, file), 'bit-flipped', uniform(1, file));
    damageFile(join(out, report), 'truncated', uniform(2, report));
    damageFile(join(out, metrics), 'deleted', uniform(3, metrics));
    const ended = await run(['verify', id, '--out', out]);
    assert.equal(ended.code, exitCodes.differs);
    assert.deepEqual(
      bad(await verified())
        .map(({ file }) => file)
        .sort(),
      lost.sort(),
    );
    succeeded(await run(['resume', id, '--repair', '--out', out]));
    assert.deepEqual(bad(await verified()), []);
    assert.deepEqual((await recordOf(out)).weightsSha256, weightsSha256);
  });

  test('is complete after garbage was collected beside it, while it was stopped and while it was resumed', async () => {
    const { id: gone } = await recordOf(out);
    const garbage = segments().map(({ output }) => artifactsIn(output)[0]!.sha256);
    rmSync(join(out, gone), { recursive: true });
    const first = start(runArguments(out, 'contrast.updates=300', 'seed=2'));
    await untilSegments(out, garbage.length + 1);
    const beside = await gc();
    assert.ok(beside.removed.length > 0, "the removed run's files go while another runs");
    const { ongoing, holds } = await verified();
    assert.deepEqual([ongoing, holds], [true, true]);
    await untilSegments(out, 4);
    first.process.kill('SIGINT');
    assert.equal((await first.ended).code, exitCodes.interrupted);
    await gc();
    const before = segments().length;
    const resumed = start(['resume', 'latest', '--out', out]);
    let over = false;
    void resumed.ended.then(() => {
      over = true;
    });
    while (!over) await gc();
    succeeded(await resumed.ended);
    assert.ok(
      before >= 4 && segments().length === 10,
      `${before} segments when it was stopped, ${segments().length} at its end`,
    );
    const { decisions } = await recordOf(out);
    assert.deepEqual(
      decisions.filter(({ what }) => what === 'repaired'),
      [],
    );
    assert.deepEqual(bad(await verified()), []);
    for (const sha256 of garbage) assert.ok(!existsSync(join(objects, sha256.slice(0, 2), sha256)));
    assert.deepEqual((await gc()).files, []);
  });
});
