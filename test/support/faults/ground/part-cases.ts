/** Native parts that are missing, or not whole: in a copy of the package, run as it is after set-up. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from '../../../../infra/base/exit-codes.ts';
import { runArguments } from '../small-run.ts';
import { assertNothingHalf, assertRefused, command, type GroundCase } from './ground-case.ts';
import { halve, noTree, packageTree } from './package-tree.ts';

interface Part {
  readonly name: string;
  /** Of its library, below node_modules. */
  readonly folder: string;
  readonly says: RegExp;
  /** Noticed before a run is begun. */
  readonly early?: boolean;
}

const installAgain = 'Remove node_modules and run `npm start -- doctor`: it installs the packages again\\.';
/** Where it was cut short the kernel may end the process, without a word about which library it was. */
const ended =
  `A part of the installation cannot be loaded: a native library is not whole \\(SIGBUS\\)\\. `
  + `${installAgain}`;
const id = 'on-bad-ground';

const parts: readonly Part[] = [
  {
    name: 'sharp',
    folder: '@img/sharp-linux-x64/lib',
    says: new RegExp(`^error: A part of the installation cannot be loaded: .*sharp.* ${installAgain}$`),
    early: true,
  },
  {
    name: "Temporal's core",
    folder: '@temporalio/core-bridge/releases/x86_64-unknown-linux-gnu',
    says: new RegExp(
      `^error: A part of the installation cannot be loaded: .*core-bridge.* ${installAgain} Then .* `
        + `goes on\\.$`,
    ),
  },
  {
    name: "TensorFlow's binding",
    folder: '@tensorflow/tfjs-node-gpu/lib',
    says: /failed: TensorFlow cannot be loaded: .*tfjs_binding\.node.* Run `npm start -- doctor`: it sets up what is missing\. /,
  },
  {
    name: 'onnxruntime',
    folder: 'onnxruntime-node/bin',
    says: new RegExp(`failed: onnxruntime cannot be loaded: .*onnxruntime_binding\\.node.* ${installAgain} `),
  },
];

export const partCases: readonly GroundCase[] = [
  server('missing', /^error: Cannot run \S+\/temporal \(.*ENOENT\)\. Run `npm start -- doctor`/),
  server('cut short', /^error: (?:Cannot run|The Temporal server did not start).*\/temporal/),
  ...(noTree() ? [] : parts.flatMap((part) => [without(part, 'missing'), without(part, 'cut short')])),
];

function server(how: 'missing' | 'cut short', says: RegExp): GroundCase {
  return {
    kind: 'native part',
    name: `the Temporal server ${how}`,
    async hold(folder) {
      const [out, program] = [join(folder, 'out'), join(folder, 'temporal')];
      if (how === 'cut short') writeFileSync(program, '\u007fELF', { mode: 0o755 });
      assertRefused(
        await command(runArguments(out), { env: { COUNTERFLOW_TEMPORAL: program } }),
        exitCodes.environment,
        says,
      );
      assertNothingHalf(out);
    },
  };
}

function without(
  { name, folder: place, says, early = false }: Part,
  how: 'missing' | 'cut short',
): GroundCase {
  return {
    kind: 'native part',
    name: `${name} ${how}`,
    async hold(folder) {
      const out = join(folder, 'out');
      const root = packageTree(join(folder, 'package'), []);
      const part = libraryIn(join(root, 'node_modules', place));
      renameSync(part, `${part}.away`);
      if (how === 'cut short') halve(`${part}.away`, part);
      // a command line that the kernel ends cannot say so itself
      const program = early && how === 'cut short' ? 'infra/setup/start.mjs' : 'infra/cli/main.ts';
      assertRefused(
        await command([...runArguments(out), '--id', id], { root, program }),
        exitCodes.environment,
        how === 'missing' ? says : new RegExp(`${says.source}|${ended}`),
      );
      assertNothingHalf(out);
      assert.equal(existsSync(join(out, id)), !early);
      renameSync(`${part}.away`, part);
      if (early || how === 'cut short') return;
      const resumed = await command(['resume', id, '--out', out], { root });
      assert.equal(resumed.code, exitCodes.ok, resumed.stderr);
    },
  };
}

/** Packages keep it below a folder of their own for each platform and version. */
function libraryIn(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.node') && !/win32|darwin|arm64/.test(file),
  );
  assert.equal(files.length, 1, files.join(' '));
  return join(folder, files[0]!);
}
