/** Which checkpoints the other runs of a folder hold on to. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { SharedTraining } from '../../../activities/ports/compute.ts';
import { OtherRuns } from '../../../infra/gc/other-runs.ts';
import { layoutOf, type Layout } from '../../../infra/store/layout.ts';
import { smallRequest } from '../../support/faults/small-run.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { recordRunIn } from '../../support/recorded-run.ts';

const folder = temporaryFolder('other-runs');
let folders = 0;
const emptyLayout = (): Layout => layoutOf(join(folder, String((folders += 1))));
const training = (set: readonly string[] = [], more: Partial<SharedTraining> = {}): SharedTraining => ({
  config: smallRequest('mine', set).config.contrast,
  salt: null,
  ...more,
});
const anyCheckpoint = 'f'.repeat(64);
const underWay = { status: 'running', fresh: false, until: 1 } as const;

describe('another run', () => {
  test('that has ended holds on to the checkpoints its record names, and to no others', async () => {
    const layout = emptyLayout();
    const { training: theirs } = await recordRunIn(layout, 'theirs', { fresh: false });
    const others = new OtherRuns(layout);
    const isNeeded = await others.neededBesides('mine', training());
    assert.deepEqual(
      theirs.segments.map(({ checkpoint }) => isNeeded(checkpoint.sha256)),
      [...Array.from({ length: 9 }, () => false), true],
    );
    assert.equal(
      (await others.neededBesides('theirs', training()))(theirs.checkpoint.sha256),
      false,
      "its own are nobody else's",
    );
    rmSync(join(layout.out, 'theirs'), { recursive: true });
    assert.equal((await others.neededBesides('mine', training()))(theirs.checkpoint.sha256), false);
  });

  const cases: readonly (readonly [
    what: string,
    theirs: Parameters<typeof recordRunIn>[2],
    mine: SharedTraining,
    needed: boolean,
  ])[] = [
    [
      'with the same training and the same rule does not: each goes through what the other has made',
      underWay,
      training(),
      false,
    ],
    ['that keeps others does', { ...underWay, set: ['contrast.checkpoints.keep=5'] }, training(), true],
    ['that goes further does', underWay, training([], { until: 10 }), true],
    [
      'that shares its steps with none may have stored the same bytes, and does',
      { ...underWay, fresh: true },
      training(),
      true,
    ],
    ['does for one that shares its steps with none', underWay, training([], { salt: 'mine' }), true],
    [
      'with another training does not',
      { ...underWay, set: ['contrast.batchSize=60'] },
      training([], { until: 10 }),
      false,
    ],
  ];
  for (const [what, theirs, mine, needed] of cases) {
    test(`under way, ${what}`, async () => {
      const layout = emptyLayout();
      await recordRunIn(layout, 'theirs', theirs);
      assert.equal((await new OtherRuns(layout).neededBesides('mine', mine))(anyCheckpoint), needed);
    });
  }

  const ended: readonly (readonly [
    what: string,
    theirs: Parameters<typeof recordRunIn>[2],
    needed: boolean,
  ])[] = [
    ['completed, with the same rule does not', { fresh: false }, false],
    [
      'completed, with another rule keeps what that rule is to keep for good',
      { fresh: false, set: ['contrast.checkpoints.every=3'] },
      true,
    ],
    [
      'cancelled, that shares its steps with none can be resumed, and does',
      { status: 'cancelled', until: 2, fresh: true },
      true,
    ],
  ];
  for (const [what, theirs, needed] of ended) {
    test(what, async () => {
      const layout = emptyLayout();
      await recordRunIn(layout, 'theirs', theirs);
      assert.equal((await new OtherRuns(layout).neededBesides('mine', training()))(anyCheckpoint), needed);
    });
  }

  test('that cannot be read could need all of them, until it can be', async () => {
    const layout = emptyLayout();
    await recordRunIn(layout, 'theirs', { fresh: false });
    const others = new OtherRuns(layout);
    const isNeeded = async (): Promise<boolean> =>
      (await others.neededBesides('mine', training()))(anyCheckpoint);
    assert.equal(await isNeeded(), false);
    writeFileSync(join(layout.out, 'theirs', 'run.json'), '{');
    assert.equal(await isNeeded(), true);
    rmSync(join(layout.out, 'theirs', 'run.json'));
    rmSync(join(layout.out, 'theirs', 'request.json'));
    assert.equal(await isNeeded(), true, 'it has a history of a run');
    rmSync(join(layout.out, 'theirs'), { recursive: true });
    assert.equal(await isNeeded(), false);
  });
});
