import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { abortable } from '../../../activities/disk/abortable-store.ts';
import { canonicalHash } from '../../../activities/formats/canonical-hash.ts';
import { cachedStep, type Step } from '../../../activities/step/cached-step.ts';
import { withHeartbeat } from '../../../activities/step/heartbeat.ts';
import { StaleAttemptError } from '../../../activities/ports/errors.ts';
import type { ArtifactStore } from '../../../activities/ports/store.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import { LocalStore } from '../../../infra/store/local-store.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { calmLife, fakePorts } from '../fake-ports.ts';

const step: Step = { activity: 'train-segment', spec: { rate: 0.1, input: 'hash' }, threads: 1, salt: null };

const stoppedBeforeReplacing = (
  store: LocalStore,
  noting: () => void,
  isContinued: Promise<void>,
): ArtifactStore => ({
  ...abortable(store, new AbortController().signal),
  replace: async (key, remembered, claim) => {
    noting();
    await isContinued;
    await store.replace(key, remembered, claim);
  },
});

describe('a keyed step', () => {
  test('is computed once, then found, with a reason for each', async () => {
    const ports = fakePorts();
    let computed = 0;
    const compute = async () => ({ answer: ++computed });
    const first = await cachedStep(ports, step, calmLife, compute);
    const second = await cachedStep(ports, step, calmLife, compute);
    assert.deepEqual([first.answer, first.reused, first.reason], [1, false, 'first time']);
    assert.deepEqual(
      [second.answer, second.reused, second.reason],
      [1, true, 'same configuration, inputs and code as on 2026-01-02 03:04 UTC'],
    );
    assert.equal(first.key, second.key);
  });

  test('says how many attempts at it failed before, and nothing where none did', async () => {
    const after = (failedBefore: number) => ({ ...calmLife, attempt: { ...calmLife.attempt, failedBefore } });
    assert.equal((await cachedStep(fakePorts(), step, after(2), async () => ({}))).failedAttempts, 2);
    assert.equal(
      'failedAttempts' in (await cachedStep(fakePorts(), step, calmLife, async () => ({}))),
      false,
    );
    const counted = (attempt: number): Promise<number | undefined> =>
      new MockActivityEnvironment({ attempt }).run(() =>
        withHeartbeat(async (life) => life.attempt.failedBefore),
      );
    assert.deepEqual([await counted(1), await counted(3)], [undefined, 2]);
  });

  const changes: Record<string, Partial<Step>> = {
    'its spec': { spec: { rate: 0.2, input: 'hash' } },
    'its activity': { activity: 'export-models' },
    'its thread count': { threads: 2 },
    'its salt': { salt: 'run-1' },
  };
  for (const [what, change] of Object.entries(changes)) {
    test(`is computed again when ${what} changes`, async () => {
      const ports = fakePorts();
      await cachedStep(ports, step, calmLife, async () => ({}));
      assert.equal(
        (await cachedStep(ports, { ...step, ...change }, calmLife, async () => ({}))).reused,
        false,
      );
    });
  }

  test('says which code, version or thread count changed since the same was asked for', async () => {
    const ports = fakePorts();
    const again = async (threads: number) =>
      (await cachedStep(ports, { ...step, threads }, calmLife, async () => ({}))).reason;
    await again(1);
    ports.identityIs.code = 'code 2';
    assert.equal(await again(1), 'the code changed since 2026-01-02 03:04 UTC');
    ports.identityIs.native = { tensorflow: '2.22.0', device: 'cpu' };
    assert.equal(
      await again(4),
      'tensorflow changed from 2.21.0 to 2.22.0, threads changed from 1 to 4 since 2026-01-02 03:04 UTC',
    );
  });

  test('is computed again when an artifact it made is gone', async () => {
    const ports = fakePorts();
    const compute = async () => ({ file: await ports.store.put(Buffer.from('weights')) });
    await cachedStep(ports, step, calmLife, compute);
    ports.objects.clear();
    const again = await cachedStep(ports, step, calmLife, compute);
    assert.equal(again.reused, false);
    assert.match(again.reason, /gone or damaged/);
  });

  test('is not remembered when computing it fails', async () => {
    const ports = fakePorts();
    await assert.rejects(
      cachedStep(ports, step, calmLife, async () => {
        throw new Error('no');
      }),
      /no/,
    );
    assert.equal(ports.actions.size, 0);
  });

  test(
    'leaves nothing to an attempt that was stopped after it remembered the output, once another '
      + 'attempt has found that',
    async () => {
      const store = new LocalStore(layoutOf(temporaryFolder('keyed')));
      const { identity } = fakePorts();
      let noting: () => void = () => {};
      const isNoting = new Promise<void>((resolve) => {
        noting = resolve;
      });
      let goOn: () => void = () => {};
      const isContinued = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const stopped = cachedStep(
        { identity, store: stoppedBeforeReplacing(store, noting, isContinued) },
        step,
        calmLife,
        async () => ({}),
      );
      await isNoting;
      assert.equal((await cachedStep({ identity, store }, step, calmLife, async () => ({}))).reused, true);
      goOn();
      await assert.rejects(stopped, StaleAttemptError);
    },
  );

  test('has a key that does not depend on the order in which a spec is written', () => {
    assert.equal(
      canonicalHash({ a: 1, b: { c: [1, 2], d: null } }),
      canonicalHash({ b: { d: null, c: [1, 2] }, a: 1 }),
    );
    assert.notEqual(canonicalHash({ a: [1, 2] }), canonicalHash({ a: [2, 1] }));
  });
});
