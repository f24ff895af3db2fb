/** What of a run is kept, held against what `find` sees of the same folder. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readRecord } from '../../../infra/client/records/run-records.ts';
import { keptFiles, keptFor, type Kept } from '../../../infra/gc/kept-files.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import { run } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { recordRunIn } from '../../support/recorded-run.ts';

const out = join(temporaryFolder('kept'), 'runs');
const layout = layoutOf(out);
const bytesOf = (kept: readonly Kept[]): number => kept.reduce((sum, { bytes }) => sum + bytes, 0);

/** Each inode once. */
function foundBytes(...folders: readonly string[]): number {
  const lines = execFileSync('find', [...folders, '-type', 'f', '-printf', '%i %s\n'], { encoding: 'utf8' })
    .trim()
    .split('\n');
  return [...new Set(lines)].reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
}

describe('what is kept of a run', { concurrency: false }, () => {
  test(
    'is every file of its folder and of the store that it read or made, once, by kind and with the '
      + 'reason',
    async () => {
      await recordRunIn(layout, 'kept');
      const kept = await keptFiles(layout, (await readRecord(out, 'kept'))!);
      assert.equal(bytesOf(kept), foundBytes(join(out, 'kept'), layout.objects));
      assert.deepEqual(
        kept.map(({ kind }) => kind),
        ['data', 'checkpoints', 'curves', 'onnx', 'samples', 'report', 'record'],
      );
      assert.ok(kept.every(({ kind, reason }) => reason === keptFor[kind] && reason.length > 10));
      const checkpoints = kept.find(({ kind }) => kind === 'checkpoints')!;
      assert.equal(
        checkpoints.bytes,
        checkpoints.files * statSync(join(out, 'kept', 'checkpoints', 'contrast.safetensors')).size,
        'a checkpoint in folder and store counts twice',
      );
    },
  );

  test('does not count what is gone, nor what belongs to another run', async () => {
    const before = await keptFiles(layout, (await readRecord(out, 'kept'))!);
    await recordRunIn(layout, 'other', { set: ['seed=2'] });
    assert.deepEqual(await keptFiles(layout, (await readRecord(out, 'kept'))!), before);
    const gone = join(out, 'kept', 'report.html');
    const { size } = statSync(gone);
    rmSync(gone);
    assert.equal(bytesOf(before) - bytesOf(await keptFiles(layout, (await readRecord(out, 'kept'))!)), size);
    assert.deepEqual(await keptFiles(layout, { id: 'never' }), []);
  });

  test('is told of a run some of whose steps are damaged in the store, which `verify` says', async () => {
    const names = readdirSync(layout.actions).filter((name) => name.endsWith('.json'));
    const contents = names.map((name) => readFileSync(join(layout.actions, name)));
    const whole = await keptFiles(layout, (await readRecord(out, 'other'))!);
    for (const damage of ['', 'null', '{"spec"']) {
      for (const name of names) writeFileSync(join(layout.actions, name), damage);
      const kept = await keptFiles(layout, (await readRecord(out, 'other'))!);
      assert.ok(bytesOf(kept) > 0 && bytesOf(kept) < bytesOf(whole), JSON.stringify(damage));
    }
    for (const [i, name] of names.entries()) writeFileSync(join(layout.actions, name), contents[i]!);
  });

  test('is shown by kind, and printed for programs', async () => {
    assert.ok(existsSync(layout.objects) && readdirSync(layout.objects).length > 0);
    const { stdout } = await run(['show', 'other', '--out', out]);
    assert.match(
      stdout,
      /\nKept on the disk\n {2}data +[\d.]+ kB +the prepared data set[^\n]*\n[^]* {2}total +[\d.]+ kB\n/,
    );
    const { kept } = JSON.parse((await run(['show', 'other', '--json', '--out', out])).stdout) as {
      readonly kept: readonly Kept[];
    };
    assert.deepEqual(kept, await keptFiles(layout, (await readRecord(out, 'other'))!));
  });
});
