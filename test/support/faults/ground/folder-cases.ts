/** Folders that take no files: /proc, which refuses root too, and read-only mounts; permissions where we are
 *  not root. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { exitCodes } from '../../../../infra/base/exit-codes.ts';
import { which } from '../../../../infra/setup/command.mjs';
import { runArguments } from '../small-run.ts';
import { assertNothingHalf, assertRefused, command, type GroundCase } from './ground-case.ts';
import { packageTree } from './package-tree.ts';

const canMount =
  which('unshare') !== null
  && spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', '-o', 'ro', 'tmpfs', '/tmp']).status === 0;
/** In a mount namespace of its own, so that nobody else sees it. */
const readOnly = (place: string): string[] => [
  'unshare',
  '-rm',
  'sh',
  '-c',
  'mount -t tmpfs -o ro tmpfs "$0" && exec "$@"',
  place,
];
const id = 'on-bad-ground';
const run = (out: string): string[] => [...runArguments(out), '--id', id];
const remedy = '(?:choose another (?:folder|one) with --out|Choose another one with --out)';

/** Those of them that are met before a run is begun leave no run. */
const beforeARun = ['', '.temporal', '.logs', id];
const duringARun = ['.store', '.store/claims', '.store/objects', '.store/actions', '.store/scratch'];

export const folderCases: readonly GroundCase[] = [
  ...(existsSync('/proc/self') ? [inProc()] : []),
  ...(canMount
    ? [
        ...beforeARun.map((place) => mounted(place, false)),
        ...duringARun.map((place) => mounted(place, true)),
        download(),
      ]
    : []),
  ...(existsSync('/proc/self') ? [cache()] : []),
];

/** Node's recursive mkdir never returns from there. */
function inProc(): GroundCase {
  return {
    kind: 'folder',
    name: '--out /proc/...',
    hold: async () =>
      assertRefused(
        await command(run('/proc/counterflow')),
        exitCodes.environment,
        new RegExp(`/proc/counterflow.* ${remedy}`),
      ),
  };
}

function mounted(place: string, isBegun: boolean): GroundCase {
  return {
    kind: 'folder',
    name: `read-only ${place || '--out'}`,
    async hold(folder) {
      const out = join(folder, 'out');
      mkdirSync(join(out, place), { recursive: true });
      assertRefused(
        await command(run(out), { prefix: readOnly(join(out, place)) }),
        exitCodes.environment,
        new RegExp(`${join(out, place)}.*EROFS.* ${remedy}`),
      );
      assertNothingHalf(out);
      assert.equal(existsSync(join(out, id, 'run.json')), isBegun);
      if (!isBegun) return;
      const verified = await command(['verify', id, '--out', out]);
      assert.equal(verified.code, exitCodes.ok, verified.stdout);
      if (place !== '.store') return;
      const resumed = await command(['resume', id, '--out', out]);
      assert.equal(resumed.code, exitCodes.ok, resumed.stderr);
    },
  };
}

function download(): GroundCase {
  return {
    kind: 'folder',
    name: 'read-only --data-dir of a download',
    async hold(folder) {
      const data = join(folder, 'data');
      mkdirSync(data);
      const asked = ['run', 'mnist-quick', '--download', '--data-dir', data, '--out', join(folder, 'out')];
      assertRefused(
        await command(asked, { prefix: readOnly(data) }),
        exitCodes.environment,
        new RegExp(
          `Cannot write ${data}/\\S+ \\(EROFS\\): make its folder writable, or put the files .* --data-dir\\.$`,
        ),
      );
      assertNothingHalf(join(folder, 'out'));
    },
  };
}

/** Set-up's. */
function cache(): GroundCase {
  return {
    kind: 'folder',
    name: 'COUNTERFLOW_CACHE=/proc/...',
    async hold(folder) {
      const root = packageTree(join(folder, 'package'), ['.counterflow/native.json']);
      const ended = await command(['list'], {
        root,
        program: 'infra/setup/start.mjs',
        env: { COUNTERFLOW_CACHE: '/proc/counterflow' },
      });
      assertRefused(
        ended,
        exitCodes.environment,
        /^The cache folder \/proc\/counterflow cannot be written\. Set COUNTERFLOW_CACHE to one that can\.$/,
      );
    },
  };
}
