/** The command line tool as a process, for tests that run the real pipeline. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RunRecord } from '../../activities/record/run-record.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

export function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, ['--import', 'tsx', 'infra/cli/main.ts', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CI: 'true', ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { process: child, ended };
}

export const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  start(args, env).ended;

/** The only run under `out`, as `show --json` prints it. */
export async function recordOf(out: string): Promise<RunRecord> {
  const { stdout, stderr, code } = await run(['show', 'latest', '--json', '--out', out]);
  if (code !== 0) throw new Error(`show ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as RunRecord;
}

/** Waits until the store under `out` remembers `count` segments of trainings. */
export async function untilSegments(out: string, count: number, withinMs = 120_000): Promise<void> {
  const folder = join(out, '.store', 'actions');
  for (let waited = 0; waited < withinMs; waited += 50) {
    const files = await readdir(folder).catch(() => []);
    const segments = files.filter(
      (file) =>
        file.endsWith('.json')
        && /"activity": ?"train-segment"/.test(readFileSync(join(folder, file), 'utf8')),
    );
    if (segments.length >= count) return;
    await sleep(50);
  }
  throw new Error(`The store under ${out} had no ${count} segments within ${withinMs} ms.`);
}

/** Processes whose command line has every one of `words`, and, where given, this parent. */
export function processesWith(words: readonly string[], parent?: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ');
        const parentOf = Number(
          readFileSync(`/proc/${pid}/stat`, 'utf8')
            .replace(/^.*\) /, '')
            .split(' ')[1],
        );
        return words.every((word) => command.includes(word)) && (parent === undefined || parentOf === parent);
      } catch {
        return false;
      }
    });
}
