/** Native parts that are missing, or not whole: in a copy of the package, run as it is after set-up. */
import assert from 'node:assert/strict';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from '../../../../infra/cli/exit-codes.ts';
import { runArguments } from '../small-run.ts';
import { assertNothingHalf, assertRefused, command, type GroundCase } from './ground-case.ts';
import { halve, noTree, packageTree } from './package-tree.ts';

interface Part {
  readonly name: string;
  /** Below node_modules. */
  readonly file: string;
  readonly says: RegExp;
  /** Noticed before a run is begun. */
  readonly early?: boolean;
}

const installAgain = 'Remove node_modules and run `npm start -- doctor`: it installs the packages again\\.';
const id = 'on-bad-ground';

const parts: readonly Part[] = [
  { name: 'sharp', file: '@img/sharp-linux-x64/lib/sharp-linux-x64.node', says: new RegExp(`^error: A part of the installation cannot be loaded: .*sharp.* ${installAgain}$`), early: true },
  { name: 'Temporal\'s core', file: '@temporalio/core-bridge/releases/x86_64-unknown-linux-gnu/index.node', says: new RegExp(`^error: A part of the installation cannot be loaded: .*core-bridge.* ${installAgain} Then .* goes on\\.$`) },
  { name: 'TensorFlow\'s binding', file: '@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node', says: /failed: TensorFlow cannot be loaded: .*tfjs_binding\.node.* Run `npm start -- doctor`: it sets up what is missing\. / },
  { name: 'onnxruntime', file: 'onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node', says: new RegExp(`failed: onnxruntime cannot be loaded: .*onnxruntime_binding\\.node.* ${installAgain} `) },
];

export const partCases: readonly GroundCase[] = [
  server('missing', /^error: Cannot run \S+\/temporal \(.*ENOENT\)\. Run `npm start -- doctor`/), server('cut short', /^error: (?:Cannot run|The Temporal server did not start).*\/temporal/),
  ...noTree() ? [] : parts.flatMap((part) => [without(part, 'missing'), without(part, 'cut short')]),
];

function server(how: 'missing' | 'cut short', says: RegExp): GroundCase {
  return {
    kind: 'native part', name: `the Temporal server ${how}`,
    async hold(folder) {
      const [out, program] = [join(folder, 'out'), join(folder, 'temporal')];
      if (how === 'cut short') writeFileSync(program, '\u007fELF', { mode: 0o755 });
      assertRefused(await command(runArguments(out), { env: { COUNTERFLOW_TEMPORAL: program } }), exitCodes.environment, says);
      assertNothingHalf(out);
    },
  };
}

function without({ name, file, says, early = false }: Part, how: 'missing' | 'cut short'): GroundCase {
  return {
    kind: 'native part', name: `${name} ${how}`,
    async hold(folder) {
      const out = join(folder, 'out');
      const root = packageTree(join(folder, 'package'), []);
      const part = join(root, 'node_modules', file);
      renameSync(part, `${part}.away`);
      if (how === 'cut short') halve(`${part}.away`, part);
      assertRefused(await command([...runArguments(out), '--id', id], { root }), exitCodes.environment, says);
      assertNothingHalf(out);
      assert.equal(existsSync(join(out, id)), !early);
      renameSync(`${part}.away`, part);
      if (early || how === 'cut short') return;
      const resumed = await command(['resume', id, '--out', out], { root });
      assert.equal(resumed.code, exitCodes.ok, resumed.stderr);
    },
  };
}
