/** Why steps were computed or reused, read off real records and a real store. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { colorsFor } from '../../../infra/cli/lines/colors.ts';
import { explainLines } from '../../../infra/cli/lines/explain-lines.ts';
import { lineageOf } from '../../../infra/client/runs/lineage-of.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import type { TracedStep } from '../../../infra/lineage/lineage.ts';
import { encodeAction, type ActionRecord } from '../../../infra/store/action-record.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { recordRunIn } from '../../support/recorded-run.ts';

const out = temporaryFolder('lineage');
const step = async (run: string, name: string, folder = out): Promise<TracedStep> =>
  (await lineageOf(folder, run)).steps.find((one) => one.name === name)!;
const differing = ({ nearest }: TracedStep) =>
  nearest?.differences.map(({ part, name, because }) => [part, name, ...(because ? [because] : [])]);

before(async () => {
  const shared = { fresh: false };
  await recordRunIn(layoutOf(out), 'first', shared);
  await recordRunIn(layoutOf(out), 'same', shared);
  await recordRunIn(layoutOf(out), 'other-rate', { ...shared, set: ['contrast.ebm.learningRate=0.002'] });
  await recordRunIn(layoutOf(out), 'other-code', { ...shared, code: 'code 2' });
  await recordRunIn(layoutOf(out), 'other-device', { ...shared, code: 'code 2', device: 'gpu: H100' });
  await recordRunIn(layoutOf(out), 'fresh', { fresh: true });
});

describe('a step', () => {
  test('that was the first of its kind has nothing like it', async () => {
    const { reused, nearest, computedBy } = await step('first', 'contrast 0-2');
    assert.deepEqual({ reused, nearest, computedBy }, { reused: false, nearest: null, computedBy: 'first' });
  });

  test('that was reused names the run that computed it, and when', async () => {
    const { reused, computedBy, computedAt, reason } = await step('same', 'contrast 0-2');
    assert.deepEqual(
      { reused, computedBy, computedAt },
      { reused: true, computedBy: 'first', computedAt: (await step('first', 'contrast 0-2')).computedAt },
    );
    assert.match(reason, /^same configuration, inputs and code as on /);
  });

  test('names its inputs with the steps and the runs that made them', async () => {
    const { inputs, outputs } = await step('same', 'contrast 2-4');
    assert.deepEqual(
      inputs.map(({ path, step: from, run }) => [path, from, run]),
      [
        ['spec.dataset.train', 'prepare', 'first'],
        ['spec.dataset.test', 'prepare', 'first'],
        ['checkpoint', 'contrast 0-2', 'first'],
      ],
    );
    assert.equal(inputs[2]!.sha256, (await step('first', 'contrast 0-2')).outputs[0]);
    assert.equal(outputs.length, 2);
  });

  test('that was computed for another configuration says which value, was and is', async () => {
    const { nearest } = await step('other-rate', 'contrast 0-2');
    assert.equal(nearest!.run, 'first');
    assert.deepEqual(nearest!.differences, [
      { part: 'configuration', name: 'spec.config.ebm.learningRate', was: 0.004, now: 0.002 },
    ]);
  });

  test('after it is not put down to its input alone, and the input to the step before', async () => {
    // what the second segment computes depends on nothing but its number here: the checkpoints are the same
    // bytes
    assert.deepEqual(differing(await step('other-rate', 'contrast 2-4')), [
      ['configuration', 'spec.config.ebm.learningRate'],
    ]);
    const again = temporaryFolder('lineage-seeds');
    await recordRunIn(layoutOf(again), 'one', { fresh: false });
    await recordRunIn(layoutOf(again), 'two', { fresh: false, set: ['seed=2', 'dataset.seed=2'] });
    assert.deepEqual(differing(await step('two', 'contrast 2-4', again)), [
      ['configuration', 'spec.seed'],
      ['input', 'spec.dataset.train', 'prepare'],
      ['input', 'spec.dataset.test', 'prepare'],
      ['input', 'checkpoint', 'contrast 0-2'],
    ]);
  });

  test('that was computed in other code, or on another device, says so', async () => {
    assert.deepEqual((await step('other-code', 'contrast 0-2')).nearest!.differences, [
      { part: 'code', name: 'code', was: 'code', now: 'code 2' },
    ]);
    assert.deepEqual((await step('other-device', 'evaluate')).nearest!.differences, [
      { part: 'device', name: 'device', was: 'cpu', now: 'gpu: H100' },
    ]);
    assert.equal((await step('other-code', 'contrast 0-2')).circumstances!.code, 'code 2');
  });

  test('of a run that shares with no other differs in the run', async () => {
    assert.deepEqual((await step('fresh', 'contrast 0-2')).nearest!.differences, [
      { part: 'salt', name: 'salt', was: null, now: 'fresh' },
    ]);
  });

  test('of data that nothing was made of before is the first of its kind, and what is made of it too', async () => {
    const folder = temporaryFolder('lineage-kin');
    await recordRunIn(layoutOf(folder), 'eight', { fresh: false });
    await recordRunIn(layoutOf(folder), 'pinwheel', { fresh: false, set: ['dataset.density=pinwheel'] });
    const { steps } = await lineageOf(folder, 'pinwheel');
    assert.deepEqual(
      steps.filter(({ nearest }) => nearest !== null),
      [],
    );
    const text = explainLines(await lineageOf(folder, 'pinwheel'), colorsFor({})).join('\n');
    assert.match(
      text,
      /\nprepare {2}computed [^\n]*\n {2}why +first time: it is the first of its kind here, nothing of the same data was like it\n/,
    );
    await recordRunIn(layoutOf(folder), 'more-points', {
      fresh: false,
      set: ['dataset.density=pinwheel', 'dataset.trainCount=400'],
    });
    const prepared = await step('more-points', 'prepare', folder);
    assert.deepEqual(
      [prepared.nearest!.run, differing(prepared)],
      ['pinwheel', [['configuration', 'dataset.trainCount']]],
    );
    assert.equal((await step('more-points', 'contrast 0-2', folder)).nearest!.run, 'pinwheel');
  });

  test('whose output is gone, or was remembered by an earlier version, says what is not known', async () => {
    const folder = temporaryFolder('lineage-gone');
    await recordRunIn(layoutOf(folder), 'first', { fresh: false });
    const { actions } = layoutOf(folder);
    for (const name of readdirSync(actions)) {
      const {
        sha256: _,
        circumstances: __,
        salt: ___,
        ...record
      } = JSON.parse(readFileSync(join(actions, name), 'utf8')) as ActionRecord & { sha256: string };
      writeFileSync(join(actions, name), encodeAction(record));
    }
    await recordRunIn(layoutOf(folder), 'second', { fresh: false, code: 'code 2' });
    assert.deepEqual((await step('second', 'contrast 0-2', folder)).nearest!.differences, []);
    assert.match((await step('second', 'contrast 0-2', folder)).reason, /^the code changed since/);
    assert.equal((await step('first', 'contrast 0-2', folder)).circumstances, null);
    rmSync(join(actions, `${(await step('first', 'evaluate', folder)).key}.json`));
    assert.equal((await step('first', 'evaluate', folder)).activity, null);
  });
});

test('segments that came about in the same way are told together', async () => {
  const text = explainLines(await lineageOf(out, 'other-rate'), colorsFor({})).join('\n');
  assert.match(text, /^other-rate {2}completed\n13 steps: 10 computed, 3 reused\n/);
  assert.match(
    text,
    /\nprepare {2}reused {2}\d+ s\n {2}why +same configuration, inputs and code as on [^\n]*\n/,
  );
  assert.match(
    text,
    /\ncontrast 0-20 {2}computed {2}\d+ s, 10 segments\n {2}why +it differs from what first had computed on [\d-]+ in the configuration\n {2}differs +configuration spec\.config\.ebm\.learningRate: 0\.004 -> 0\.002\n/,
  );
  assert.match(text, /\n {2}input +spec\.dataset\.train [0-9a-f]{12} of prepare, computed by first\n/);
});

test('a run without a recorded step is no error', async () => {
  await recordRunIn(layoutOf(out), 'begun', { fresh: false, until: 1, status: 'running' });
  rmSync(join(out, 'begun', 'run.json'));
  assert.deepEqual(explainLines(await lineageOf(out, 'begun'), colorsFor({})), [
    'begun  running',
    'No step of it has been recorded yet.',
  ]);
});
