import { once } from 'node:events';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ServerFlags } from '../../temporal/choose-server.ts';
import { startUi } from '../../ui/start-ui.ts';
import { uiPort } from '../../../workflows/shared/page-link.ts';
import { catchInterrupts } from '../attend/interrupt.ts';
import { invocation } from '../../base/invocation.ts';
import { addServerOptions, jsonOption, outOption } from '../arguments/options.ts';

const help = `
A page of this folder's runs and sweeps with live curves, samples, what each is at, and buttons to cancel and resume; it needs no network and listens on 127.0.0.1 alone.
From another machine: ssh -L ${uiPort}:127.0.0.1:${uiPort} HOST.

Examples:
  ${invocation} ui
  ${invocation} ui --port 9000 --out /data/runs`;

export function addUiCommand(program: Command): void {
  addServerOptions(
    program
      .command('ui')
      .description('Serve a page of the runs to browsers on this machine, until Ctrl-C.')
      .addOption(
        new Option('--port <n>', 'port to listen on; 0 for any that is free')
          .default(uiPort)
          .argParser(readPort),
      )
      .addOption(outOption()),
  )
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(serve);
}

async function serve({
  out,
  port,
  json,
  ...flags
}: ServerFlags & { readonly out: string; readonly port: number; readonly json?: true }): Promise<void> {
  const ui = await startUi(out, flags, port);
  process.stdout.write(`${json ? JSON.stringify({ url: ui.url }) : ui.url}\n`);
  const interrupt = catchInterrupts('', () =>
    process.stderr.write(
      'Closing; what was begun with a button is finished first. Once more Ctrl-C ends at once.\n',
    ),
  );
  await once(interrupt.signal, 'abort');
  await ui.close();
  interrupt.release();
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new InvalidArgumentError('Expected a port of 0 to 65535.');
  return port;
}
