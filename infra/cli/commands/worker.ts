import { once } from 'node:events';
import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { layoutOf } from '../../layout.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { openGround } from '../ground.ts';
import { addressOption, outOption } from '../options.ts';
import { workerCommandLine } from '../worker-supervisor.ts';

const examples = `
Examples:
  counterflow worker
  counterflow worker --address temporal.example.org:7233 --out /shared/runs`;

export function addWorkerCommand(program: Command): void {
  program.command('worker')
    .description('Work on runs in the foreground, until Ctrl-C.')
    .addOption(outOption())
    .addOption(addressOption())
    .addHelpText('after', examples)
    .action(work);
}

async function work({ out, address }: { readonly out: string; readonly address?: string }): Promise<void> {
  const ground = await openGround(out, address);
  const worker = spawn(process.execPath, [...workerCommandLine(layoutOf(out), ground.address), '--echo-log'], { detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const stop = (): void => void worker.kill('SIGTERM');
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    const [code, signal] = await once(worker, 'exit') as [number | null, string | null];
    if (code !== 0) throw new CliError(exitCodes.failed, `The worker ended with ${signal ?? `exit code ${code}`}.`);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await ground.close();
  }
}
