import { Option, type Command } from 'commander';
import { invocation } from '../../base/invocation.ts';
import { Counterflow } from '../../client/client.ts';
import type { ServerFlags } from '../../temporal/choose-server.ts';
import { addServerOptions, collect, jsonOption, outOption, readUpdate } from '../arguments/options.ts';
import { attendRun } from '../attend/attend-run.ts';
import { printEnd } from '../attend/print-end.ts';
import { say } from '../attend/say.ts';

const examples = `
Examples:
  ${invocation} resume latest
  ${invocation} resume eight-gaussians-s1-20261123 --repair
  ${invocation} resume latest --set contrast.flow.learningRate=1e-4
  ${invocation} resume eight-gaussians-s1-20261123
  ${invocation} resume latest --until end`;

interface ResumeArguments extends ServerFlags {
  readonly out: string;
  readonly repair?: true;
  readonly until?: Until;
  readonly set?: readonly string[];
  readonly json?: boolean;
}
type Until = number | 'end';

export function addResumeCommand(program: Command): void {
  addServerOptions(
    program
      .command('resume')
      .description('Go on with a run that was interrupted, failed or cancelled, from its last artifacts.')
      .argument('<run>', 'id of a run, its unambiguous beginning, or latest')
      .addOption(
        new Option(
          '--until <update>',
          'of a run begun with --until: go on to this update, or to the `end`',
        ).argParser(readUntil),
      )
      .option(
        '--repair',
        'also where it was completed: what `verify` calls missing or damaged is computed anew, its '
          + 'files are written again',
      )
      .option(
        '--set <path=value>',
        'of a run whose pretraining or contrast gave up: change a setting of that training, and go '
          + 'on from its last good checkpoint; may be repeated',
        collect,
      )
      .addOption(outOption()),
  )
    .addOption(jsonOption('print one JSON object a line while the run goes on'))
    .addHelpText('after', examples)
    .action(resume);
}

const readUntil = (text: string): Until => (text === 'end' ? text : readUpdate(text));

async function resume(name: string, options: ResumeArguments): Promise<void> {
  const { out, repair, until, set, json = false, ...flags } = options;
  const counterflow = await Counterflow.connect({ ...flags, runs: out, say });
  try {
    const run = await counterflow.run(name);
    const asked = { ...(repair && { repair }), ...(until !== undefined && { until }), ...(set && { set }) };
    const resumed = await run.resume(asked, json ? say : (line) => void process.stdout.write(`${line}\n`));
    await attendRun(resumed, json);
    if (!json) await printEnd(out, resumed.id);
  } finally {
    await counterflow.close();
  }
}
