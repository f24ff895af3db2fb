/** A process of this checkout, watched from outside: which files it really opened, what it wrote, which
 *  programs it started. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { which } from '../../../infra/setup/command.mjs';
import { inCheckout } from '../../../infra/setup/checkout.mjs';
import { typescriptArguments } from '../../../infra/base/typescript-arguments.ts';

export interface Watched {
  /** null: it had to be killed. */
  readonly code: number | null;
  readonly stderr: string;
  /** Files opened, made, removed or renamed that are neither under `root` nor the process's own; links are
   *  followed. */
  readonly outside: readonly string[];
  readonly programs: readonly string[];
}

const killAfterMs = 60_000;
const watched = [
  'open',
  'openat',
  'openat2',
  'creat',
  'mkdir',
  'mkdirat',
  'rename',
  'renameat',
  'renameat2',
  'unlink',
  'unlinkat',
  'link',
  'linkat',
  'symlink',
  'symlinkat',
  'truncate',
  'execve',
];

/** Whether processes can be watched here; without, only what they leave behind tells. */
export const canWatch: boolean =
  which('strace') !== null && spawnSync('strace', ['-f', '-z', '-e', 'trace=openat', 'true']).status === 0;

/** Runs a TypeScript program; what it opens under `root` is its own affair. */
export async function watch(
  program: string,
  args: readonly string[],
  { root, log, env = {} }: { root: string; log: string; env?: NodeJS.ProcessEnv },
): Promise<Watched> {
  const node = [process.execPath, ...typescriptArguments(), inCheckout(program), ...args];
  const trace = [
    'strace',
    '-f',
    '-z',
    '-y',
    '-qq',
    '--seccomp-bpf',
    '-s',
    '4096',
    '-e',
    `trace=${watched.join()}`,
    '-e',
    'signal=none',
    '-o',
    log,
  ];
  const [command, ...rest] = canWatch ? [...trace, ...node] : node;
  const child = spawn(command!, rest, {
    cwd: root,
    env: { ...process.env, CI: 'true', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const kill = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), killAfterMs);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  clearTimeout(kill);
  const { paths, programs } = canWatch ? readTrace(log) : { paths: [], programs: [] };
  return {
    code,
    stderr,
    outside: paths.filter((path) => !isInside(path, realpathSync(root)) && !isItsOwn(path)),
    programs,
  };
}

/** What `-y` shows behind a descriptor is the file itself, however it was reached. */
function readTrace(log: string): { paths: string[]; programs: string[] } {
  const [paths, programs] = [new Set<string>(), new Set<string>()];
  for (const line of existsSync(log) ? readFileSync(log, 'utf8').split('\n') : []) {
    const [, call, rest] = /^\d+ +(\w+)\((.*)$/.exec(line) ?? [];
    if (call === undefined || rest === undefined) continue;
    const opened = /\) += \d+<(.*)>$/.exec(rest)?.[1];
    if (call === 'execve') programs.add(/^"([^"]*)"/.exec(rest)?.[1] ?? rest);
    else if (opened !== undefined) paths.add(opened);
    else for (const [, path] of rest.matchAll(/"([^"]*)"/g)) paths.add(path!);
  }
  return { paths: [...paths], programs: [...programs] };
}

const isInside = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder + sep) || !path.startsWith('/');

/** Code and libraries, what the kernel tells of itself, and tsx's cache: all that Node reads to run a program
 *  of the checkout at all. */
const own = [
  inCheckout(),
  realpathSync(inCheckout('node_modules')),
  dirname(dirname(realpathSync(process.execPath))),
  '/usr',
  '/lib',
  '/lib64',
  '/proc',
  '/sys',
  '/dev',
  join(tmpdir(), `tsx-${process.getuid?.()}`),
];
const ownFiles = new Set([
  '/etc/ld.so.cache',
  '/etc/localtime',
  '/etc/nsswitch.conf',
  '/etc/host.conf',
  '/etc/resolv.conf',
  '/etc/hosts',
]);
const isItsOwn = (path: string): boolean =>
  ownFiles.has(path)
  || path.startsWith('/etc/ssl/')
  || own.some((folder) => isInside(path, folder))
  || /^(pipe|socket|anon_inode):/.test(path);
