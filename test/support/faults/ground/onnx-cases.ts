/** ONNX files that were cut short or changed: a network that is given, and the models of a run when they are
 *  verified, evaluated and written again. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from '../../../../infra/base/exit-codes.ts';
import { layoutOf } from '../../../../infra/store/layout.ts';
import { onnxBytes } from '../../onnx-file.ts';
import { damageFile } from '../damage.ts';
import { assertSameRun, endedRun } from '../ended-run.ts';
import { runArguments } from '../small-run.ts';
import { writeDigits } from '../small-image-run.ts';
import { assertNothingHalf, assertRefused, command, type GroundCase } from './ground-case.ts';

/** A folder of runs with a completed one, made when it is first asked for. */
export interface CompletedRun {
  readonly out: string;
  readonly id: string;
}

/** As a user makes one. */
export async function completedRun(out: string): Promise<CompletedRun> {
  const id = 'whole';
  const { code, stderr } = await command([...runArguments(out), '--id', id]);
  assert.equal(code, exitCodes.ok, stderr);
  return { out, id };
}

const network = (): Buffer =>
  Buffer.from(
    onnxBytes({
      nodes: [{ op: 'Flatten', inputs: ['x'], outputs: ['features'] }],
      inputs: { x: ['n', 1, 32, 32] },
      outputs: { features: ['n', 1024] },
    }),
  );
/** By what is done to it; the second is whole, and no network that anybody can run. */
const spoiled = {
  'cut short': () => network().subarray(0, 60),
  changed: () => Buffer.from(network().toString('latin1').replace('Flatten', 'Flattem'), 'latin1'),
} as const;

export const onnxCases = (completed: () => Promise<CompletedRun>): readonly GroundCase[] => [
  given(
    'cut short',
    /^error: --features network\.onnx cannot be used as a network: .* Save it again, /,
    false,
  ),
  given(
    'changed',
    /^error: Run on-bad-ground failed: --features network\.onnx is no network .*Flattem.* Save it again, .*has its record\.$/,
    true,
  ),
  ofARun('truncated', false, completed),
  ofARun('bit-flipped', false, completed),
  ofARun('truncated', true, completed),
  ofARun('bit-flipped', true, completed),
];

function given(how: keyof typeof spoiled, says: RegExp, isBegun: boolean): GroundCase {
  return {
    kind: 'ONNX file',
    name: `--features ${how}`,
    async hold(folder) {
      const [out, data, features] = [join(folder, 'out'), join(folder, 'data'), join(folder, 'network.onnx')];
      writeDigits(data);
      writeFileSync(features, spoiled[how]());
      const asked = [
        'run',
        'mnist-quick',
        '--data-dir',
        data,
        '--features',
        features,
        '--set',
        'dataset.allowPartial=true',
        '--id',
        'on-bad-ground',
        '--out',
        out,
      ];
      assertRefused(await command(asked), exitCodes.badInput, says);
      assertNothingHalf(out);
      assert.equal(existsSync(out), isBegun);
      if (isBegun)
        assert.deepEqual(endedRun(out, 'on-bad-ground').record.trainings, {}, 'something was trained');
    },
  };
}

/** `isEvaluated`: what was found of the models is forgotten, so that they are read again. */
function ofARun(
  damage: 'truncated' | 'bit-flipped',
  isEvaluated: boolean,
  completed: () => Promise<CompletedRun>,
): GroundCase {
  return {
    kind: 'ONNX file',
    name: `a run's model ${damage}${isEvaluated ? ', evaluated again' : ''}`,
    async hold(folder) {
      const { out: whole, id } = await completed();
      const out = join(folder, 'out');
      cpSync(whole, out, {
        recursive: true,
        preserveTimestamps: true,
        filter: (path) => !path.includes('.temporal'),
      });
      const model = readdirSync(join(out, id, 'onnx'))
        .sort()
        .map((name) => join(id, 'onnx', name))[0]!;
      spoil(out, model, damage);
      if (isEvaluated) forget(out, 'evaluate-density');
      const found = await command(['verify', id, '--out', out]);
      assert.match(found.stdout, new RegExp(`${model}[^]*resume ${id} --repair`));
      assertRefused(
        found,
        exitCodes.differs,
        new RegExp(`^error: Run ${id} does not hold what it recorded; affected: .*\\.$`),
      );
      const repaired = await command(['resume', id, '--repair', '--out', out]);
      assert.equal(repaired.code, exitCodes.ok, repaired.stderr);
      assert.equal((await command(['verify', id, '--out', out])).code, exitCodes.ok);
      assertSameRun(endedRun(out, id), endedRun(whole, id));
      assertNothingHalf(out);
    },
  };
}

/** In the run's folder and in the store, where it is the same file until somebody copies them. */
function spoil(out: string, model: string, damage: 'truncated' | 'bit-flipped'): void {
  const bytes = readFileSync(join(out, model));
  damageFile(join(out, model), damage, () => 0.5);
  for (const file of filesBelow(layoutOf(out).objects).filter((path) => readFileSync(path).equals(bytes)))
    damageFile(file, damage, () => 0.5);
}

function forget(out: string, activity: string): void {
  const records = filesBelow(layoutOf(out).actions).filter((path) =>
    new RegExp(`"activity": ?"${activity}"`).test(readFileSync(path, 'utf8')),
  );
  assert.ok(records.length > 0, `nothing is remembered of ${activity}`);
  for (const path of records) rmSync(path);
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
