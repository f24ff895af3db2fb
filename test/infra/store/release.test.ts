/** Artifacts that are released leave a mark, and are found as what they were; a file of a job's own becomes
 *  an artifact without a copy. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { ArtifactRef } from '../../../activities/contracts/artifact.ts';
import { StaleAttemptError } from '../../../activities/ports/errors.ts';
import { layoutOf, type Layout } from '../../../infra/store/layout.ts';
import { LocalStore } from '../../../infra/store/local-store.ts';
import { calmLife } from '../../activities/fake-ports.ts';
import { temporaryFolder } from '../../support/folders.ts';

const folder = temporaryFolder('release');
let stores = 0;
const emptyStore = (): { layout: Layout; store: LocalStore } => {
  const layout = layoutOf(join(folder, String((stores += 1))));
  return { layout, store: new LocalStore(layout) };
};
const objectIn = ({ objects }: Layout, { sha256 }: ArtifactRef): string =>
  join(objects, sha256.slice(0, 2), sha256);
const output = (checkpoint: ArtifactRef) => ({ activity: 'train-segment', spec: {}, output: { checkpoint } });

describe('a released artifact', () => {
  test(
    'is gone, and the output that names it is found all the same, by other processes too, unless it '
      + 'has to be whole',
    async () => {
      const { layout, store } = emptyStore();
      const ref = await store.put(Buffer.from('weights'));
      await store.remember('key', output(ref));
      await store.release(ref);
      assert.deepEqual(
        [existsSync(objectIn(layout, ref)), await store.has(ref), await store.isReleased(ref)],
        [false, false, true],
      );
      for (const one of [store, new LocalStore(layout)]) {
        assert.deepEqual((await one.recall('key'))?.output, { checkpoint: ref });
        assert.equal(await one.recall('key', { whole: true }), null);
        await assert.rejects(one.path(ref), { code: 'missing', artifact: ref.sha256 });
      }
    },
  );

  test('is no more one that is lost: without its mark the output is not found', async () => {
    const { layout, store } = emptyStore();
    const ref = await store.put(Buffer.from('weights'));
    await store.remember('key', output(ref));
    await store.release(ref);
    rmSync(join(layout.released, ref.sha256));
    assert.deepEqual([await store.recall('key'), await store.isReleased(ref)], [null, false]);
  });

  test('that is stored again is there, and was never released', async () => {
    const { layout, store } = emptyStore();
    const ref = await store.put(Buffer.from('weights'));
    await store.release(ref);
    await store.put(Buffer.from('weights'));
    assert.deepEqual(
      [await store.has(ref), await store.isReleased(ref), readdirSync(layout.released)],
      [true, false, []],
    );
    rmSync(objectIn(layout, ref));
    assert.equal(await store.isReleased(ref), false, 'what is lost later is lost');
  });

  test('whose removal was cut off after the mark is there still, and is removed the next time', async () => {
    const { layout, store } = emptyStore();
    const ref = await store.put(Buffer.from('weights'));
    await store.remember('key', output(ref));
    mkdirSync(layout.released, { recursive: true });
    writeFileSync(join(layout.released, ref.sha256), '');
    assert.deepEqual(
      [
        await store.has(ref),
        await store.isReleased(ref),
        (await store.recall('key', { whole: true }))?.output,
      ],
      [true, false, { checkpoint: ref }],
    );
    await store.release(ref);
    assert.equal(await store.isReleased(ref), true);
  });

  test('of an attempt that another has taken over stays', async () => {
    const { store } = emptyStore();
    const ref = await store.put(Buffer.from('weights'));
    const { attempt } = calmLife;
    await assert.rejects(
      store.fenced('release', attempt, async (claim) => {
        await store.fenced('release', attempt, async () => undefined);
        await store.release(ref, claim);
      }),
      StaleAttemptError,
    );
    assert.deepEqual([await store.has(ref), await store.isReleased(ref)], [true, false]);
  });

  test('gives way to other bytes that are computed in its place', async () => {
    const { store } = emptyStore();
    const [one, other] = [await store.put(Buffer.from('one')), await store.put(Buffer.from('other'))];
    await store.remember('key', output(one));
    await store.release(one);
    assert.deepEqual(await store.remember('key', output(other)), { checkpoint: one }, 'the first stays');
    assert.deepEqual(await store.remember('key', output(other), undefined, { whole: true }), {
      checkpoint: other,
    });
    assert.deepEqual((await store.recall('key'))?.output, { checkpoint: other });
  });
});

describe('a file that is taken over', () => {
  const fileIn = ({ scratch }: Layout, content: string): string => {
    mkdirSync(scratch, { recursive: true });
    writeFileSync(join(scratch, 'checkpoint'), content);
    return join(scratch, 'checkpoint');
  };

  test('is the artifact: the same file, which nobody can write to, under its hash', async () => {
    const { layout, store } = emptyStore();
    const file = fileIn(layout, 'weights');
    const { ino } = statSync(file);
    const ref = await store.take(file);
    assert.deepEqual(ref, await store.put(Buffer.from('weights')));
    const { ino: kept, mode } = statSync(objectIn(layout, ref));
    assert.deepEqual(
      [kept, mode & 0o777, existsSync(file), readdirSync(join(layout.objects, '.incoming'))],
      [ino, 0o444, false, []],
    );
    assert.equal(readFileSync(await store.path(ref), 'utf8'), 'weights');
  });

  test('that is there already is not kept twice, and takes its mark back', async () => {
    const { layout, store } = emptyStore();
    const ref = await store.put(Buffer.from('weights'));
    const { ino } = statSync(objectIn(layout, ref));
    await store.take(fileIn(layout, 'weights'));
    assert.equal(statSync(objectIn(layout, ref)).ino, ino);
    await store.release(ref);
    await store.take(fileIn(layout, 'weights'));
    assert.deepEqual([await store.has(ref), await store.isReleased(ref)], [true, false]);
  });

  test('is where it was if it cannot be taken', async () => {
    const { layout, store } = emptyStore();
    const file = fileIn(layout, 'weights');
    const ended = new AbortController();
    ended.abort(new Error('enough'));
    await assert.rejects(store.take(file, ended.signal), /enough/);
    assert.equal(readFileSync(file, 'utf8'), 'weights');
    assert.deepEqual(readdirSync(join(layout.objects, '.incoming')), []);
    await assert.rejects(store.take(join(layout.scratch, 'none')), { code: 'ENOENT' });
  });

  test(
    'is copied from another file system',
    {
      skip:
        !existsSync('/dev/shm') || statSync('/dev/shm').dev === statSync(folder).dev
          ? 'no second file system here'
          : false,
    },
    async () => {
      const { layout } = emptyStore();
      const scratch = join('/dev/shm', `counterflow-release-${process.pid}`);
      const store = new LocalStore({ ...layout, scratch });
      const file = fileIn({ ...layout, scratch }, 'weights');
      const ref = await store.take(file);
      assert.deepEqual([existsSync(file), readFileSync(await store.path(ref), 'utf8')], [false, 'weights']);
      rmSync(scratch, { recursive: true });
    },
  );

  test('is copied, and stays, where it is none of a job of this store', async () => {
    const [ours, theirs] = [emptyStore(), emptyStore()];
    const ref = await theirs.store.put(Buffer.from('weights'));
    assert.deepEqual(await ours.store.take(objectIn(theirs.layout, ref)), ref);
    assert.deepEqual([await ours.store.has(ref), await theirs.store.has(ref)], [true, true]);
  });
});
