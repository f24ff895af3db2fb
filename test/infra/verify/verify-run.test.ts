/** Verification finds every file of a run that is not what it was, and nothing in a run that is whole. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import type { SegmentResult } from '../../../activities/contracts/training.ts';
import type { RunRecord } from '../../../activities/record/run-record.ts';
import { sealed } from '../../../activities/formats/sealed-json.ts';
import { exitCodes } from '../../../infra/base/exit-codes.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import { LocalStore } from '../../../infra/store/local-store.ts';
import { encodeAction, type ActionRecord } from '../../../infra/store/action-record.ts';
import { artifactsIn } from '../../../infra/store/artifacts-in.ts';
import { verifyRun, type Verification } from '../../../infra/verify/verify-run.ts';
import { uniform } from '../../../models/core/random.ts';
import { run, start } from '../../support/command-line.ts';
import { damageFile, damages } from '../../support/faults/damage.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { recordRunIn } from '../../support/recorded-run.ts';

const folder = temporaryFolder('verify');
const id = 'small';
const verify = (out: string): Promise<Verification> => verifyRun(layoutOf(out), id, 'counterflow');
const bad = ({ findings }: Verification) =>
  findings.filter(({ state }) => state === 'missing' || state === 'differs');
const actionsOf = (out: string): (ActionRecord & { path: string })[] =>
  readdirSync(layoutOf(out).actions)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({
      ...(JSON.parse(readFileSync(join(layoutOf(out).actions, name), 'utf8')) as ActionRecord),
      path: `.store/actions/${name}`,
    }));
const recordIn = (out: string): RunRecord => {
  const { sha256: _, ...record } = JSON.parse(
    readFileSync(join(out, id, 'run.json'), 'utf8'),
  ) as RunRecord & { sha256: string };
  return record;
};
let copies = 0;

describe('verification of a run', () => {
  const whole = join(folder, 'whole');
  before(() => recordRunIn(layoutOf(whole), id));
  const copy = (): string => {
    const out = join(folder, `copy-${(copies += 1)}`);
    cpSync(whole, out, { recursive: true });
    return out;
  };

  test('finds nothing in a run that is whole, looks at all of its files, and derives every key again', async () => {
    const { holds, findings, affected, remedies } = await verify(whole);
    assert.deepEqual([holds, bad({ findings } as Verification), affected, remedies], [true, [], [], []]);
    assert.deepEqual(
      findings.filter(({ state, note }) => state !== 'ok' || note !== undefined),
      [],
    );
    const inFolder = readdirSync(join(whole, id), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    ).length;
    assert.equal(findings.filter(({ file }) => file.startsWith(`${id}/`)).length, inFolder);
  });

  const kinds = [
    'run.json',
    'request.json',
    'metrics.jsonl',
    'timings.jsonl',
    'report.html',
    'dataset.json',
    'checkpoints/contrast.safetensors',
    'onnx/contrast-ebm.onnx',
    'evaluation/densities.safetensors',
    'history/index.json',
    'history/completed.json',
    'tensorboard',
  ];
  for (const kind of kinds) {
    test(`names ${kind}, and it alone, where it is altered, truncated or deleted`, async () => {
      const names = readdirSync(join(whole, id), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name).slice(whole.length + 1));
      const file = names.find((name) => name.startsWith(`${id}/${kind}`))!;
      for (const damage of damages) {
        // a run whose histories were not exported has none
        if (damage === 'deleted' && kind === 'history/index.json') continue;
        const out = copy();
        damageFile(join(out, file), damage, uniform(copies, 'verify'));
        const verification = await verify(out);
        const named = bad(verification).map(({ file: name, state }) => [name, state]);
        assert.deepEqual(named, [[file, damage === 'deleted' ? 'missing' : 'differs']], damage);
        assert.equal(verification.remedies.length, 1);
        assert.equal(verification.affected.length, 1);
      }
    });
  }

  test('names a stored artifact of every step, and what is remembered of it', async () => {
    for (const { activity, path, output } of actionsOf(whole).filter(
      (action) => artifactsIn(action.output).length > 0,
    )) {
      for (const [i, damage] of damages.entries()) {
        const { sha256 } = artifactsIn(output)[0]!;
        const object = `.store/objects/${sha256.slice(0, 2)}/${sha256}`;
        for (const file of [path, object]) {
          const out = copy();
          damageFile(join(out, file), damage, uniform(i, file));
          const found = bad(await verify(out)).find((finding) => finding.file === file);
          assert.equal(
            found?.state,
            damage === 'deleted' ? 'missing' : 'differs',
            `${activity}: ${file} ${damage}`,
          );
          assert.match(found.part, /^(data set|training contrast|models of contrast|evaluation)$/);
          if (file === object && damage !== 'deleted')
            assert.notEqual(found.found!.sha256, found.expected!.sha256);
        }
      }
    }
  });

  test(
    'calls a checkpoint that was released by its name, and one that the record names missing all the '
      + 'same',
    async () => {
      const out = copy();
      const store = new LocalStore(layoutOf(out));
      const checkpoints = actionsOf(out)
        .filter(({ activity }) => activity === 'train-segment')
        .map(({ output }) => (output as SegmentResult).checkpoint);
      const last = recordIn(out).artifacts.find(({ name }) => name === 'checkpoints/contrast.safetensors')!;
      const first = checkpoints.find(({ sha256 }) => sha256 !== last.sha256)!;
      const object = ({ sha256 }: { sha256: string }): string =>
        `.store/objects/${sha256.slice(0, 2)}/${sha256}`;
      await store.release(first);
      const { holds, findings } = await verify(out);
      assert.deepEqual(
        [holds, findings.filter(({ state }) => state === 'released').map(({ file }) => file)],
        [true, [object(first)]],
      );
      assert.match(
        (await start(['verify', id, '--out', out], { NO_COLOR: '1' }).ended).stdout,
        /\nreleased {2}one checkpoint that later ones have taken the place of\n/,
      );
      await store.release(checkpoints.find(({ sha256 }) => sha256 === last.sha256)!);
      assert.deepEqual(
        bad(await verify(out)).map(({ file, state }) => [file, state]),
        [[object(last), 'missing']],
      );
    },
  );

  test('holds a checkpoint against the hashes of weights that segment and record remember', async () => {
    const out = copy();
    const segment = actionsOf(out).find(({ activity }) => activity === 'train-segment')!;
    const { path, ...action } = segment;
    const { sha256: _, ...record } = action as ActionRecord & { sha256: string };
    writeFileSync(
      join(out, path),
      encodeAction({
        ...record,
        output: { ...(record.output as object), weights: { raw: 'other', averaged: 'other' } },
      }),
    );
    assert.match(bad(await verify(out))[0]!.note!, /hashes of its weights are not the remembered other/);
    const runJson = join(out, id, 'run.json');
    const told = recordIn(out);
    writeFileSync(
      runJson,
      `${sealed({ ...told, trainings: { contrast: { ...told.trainings.contrast, weightsSha256: { raw: 'a', averaged: 'b' } } } }, 2)}\n`,
    );
    assert.match(
      bad(await verify(out)).find(({ file }) => file.endsWith('checkpoints/contrast.safetensors'))!.note!,
      /are not the record's a \(raw\)/,
    );
  });

  test('says which remembered outputs were made under circumstances that are not known any more', async () => {
    const out = copy();
    const of = (activity: string) => actionsOf(out).find((action) => action.activity === activity)!;
    const { path, activity, spec, output, at } = of('evaluate-density');
    writeFileSync(join(out, path), encodeAction({ activity, spec, output, at })); // as earlier versions did
    assert.deepEqual(
      (await verify(out)).findings.filter(({ note }) => note !== undefined),
      [],
    );
    rmSync(join(out, of('evaluate-density, circumstances').path));
    const { holds, findings } = await verify(out);
    assert.equal(holds, true);
    assert.equal(findings.filter(({ note }) => note?.startsWith('its key was not derived again')).length, 1);
  });

  test('lists files that nothing names, and follows neither links nor names that lead out', async () => {
    const out = copy();
    writeFileSync(join(folder, 'secret'), 'outside');
    writeFileSync(join(out, id, 'notes.txt'), 'mine');
    rmSync(join(out, id, 'dataset.json'));
    symlinkSync(join(folder, 'secret'), join(out, id, 'dataset.json'));
    const verification = await verify(out);
    assert.deepEqual(
      verification.findings.filter(({ state }) => state === 'unlisted').map(({ file }) => file),
      [`${id}/notes.txt`],
    );
    assert.deepEqual(
      bad(verification).map(({ file, note }) => [file, note]),
      [[`${id}/dataset.json`, 'it is a link or a folder, not a file']],
    );
    renameSync(join(out, id, 'onnx'), join(folder, `onnx-${copies}`));
    symlinkSync(join(folder, `onnx-${copies}`), join(out, id, 'onnx'));
    assert.equal(
      bad(await verify(out)).find(({ file }) => file === `${id}/onnx/contrast-ebm.onnx`)?.found,
      null,
    );
    const runJson = join(out, id, 'run.json');
    writeFileSync(
      runJson,
      `${sealed({ ...recordIn(out), files: [{ name: '../../secret', sha256: '', bytes: 7 }] }, 2)}\n`,
    );
    assert.ok(
      bad(await verify(out)).some(({ note }) => note?.includes("names a file outside the run's folder")),
    );
  });

  test('holds the copy of an own experiment against its hash, and does not call it unlisted', async () => {
    const out = join(folder, 'own');
    const text = 'name: mine\n';
    const sha256 = createHash('sha256').update(text).digest('hex');
    await recordRunIn(layoutOf(out), id, { experimentFile: { path: 'mine.yaml', sha256, text } });
    const file = `${id}/experiment/mine.yaml`;
    const found = (await verify(out)).findings.filter((finding) => finding.file === file);
    assert.deepEqual(
      found.map(({ state, part }) => [state, part]),
      [['ok', 'experiment file']],
    );
    writeFileSync(join(out, file), 'name: other\n');
    const differing = await verify(out);
    assert.deepEqual(
      [bad(differing).map((one) => one.file), differing.affected],
      [[file], ['experiment file']],
    );
    rmSync(join(out, file));
    assert.deepEqual(
      bad(await verify(out)).map((one) => [one.file, one.state]),
      [[file, 'missing']],
    );
    // another text than the one whose hash the request had
    await recordRunIn(layoutOf(out), 'told-otherwise', {
      experimentFile: { path: 'mine.yaml', sha256, text: 'name: other\n' },
    });
    const { findings } = await verifyRun(layoutOf(out), 'told-otherwise', 'counterflow');
    assert.ok(findings.some(({ file: name, state }) => name.endsWith('/mine.yaml') && state === 'differs'));
  });

  test(
    'is a command with an exit code of its own, and JSON; without a server, with whatever became of '
      + 'the record',
    async () => {
      const out = copy();
      assert.equal((await run(['verify', 'latest', '--out', out])).code, exitCodes.ok);
      damageFile(join(out, id, 'report.html'), 'truncated', uniform(1, 'verify'));
      const text = await start(['verify', id, '--out', out], { NO_COLOR: '1' }).ended;
      assert.equal(text.code, exitCodes.differs);
      assert.match(
        text.stdout,
        /differs {2}small\/report\.html {2}\(report\)\n {2}expected {2}[0-9a-f]{64} {2}16 bytes\n {2}found {5}[0-9a-f]{64}/,
      );
      assert.match(
        text.stdout,
        /Affected: report\.\n`counterflow resume small --repair` finds what is whole/,
      );
      assert.match(text.stderr, /does not hold what it recorded; affected: report/);
      writeFileSync(join(out, id, 'run.json'), '{');
      const json = await run(['verify', id, '--json', '--out', out]);
      assert.equal(json.code, exitCodes.differs);
      const { holds, status, ongoing, findings } = JSON.parse(json.stdout) as Verification & {
        ongoing: boolean;
      };
      assert.deepEqual([holds, status, ongoing], [false, null, false]);
      assert.ok(findings.some(({ file, state }) => file === `${id}/run.json` && state === 'differs'));
    },
  );
});
