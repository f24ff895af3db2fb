/** Tells a training that goes on something: to pause, to make more updates, to take another learning rate, to
 *  show samples. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { TrainingCommand } from '../../../activities/contracts/command.ts';
import type { TrainingName } from '../../../activities/contracts/names.ts';
import { commandKinds } from '../../../workflows/shared/parse-command.ts';
import type { ServerFlags } from '../../temporal/choose-server.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { Counterflow } from '../../client/client.ts';
import { invocation } from '../../base/invocation.ts';
import { addServerOptions, jsonOption, outOption, readUpdate } from '../arguments/options.ts';
import { say } from '../attend/say.ts';

type Kind = TrainingCommand['kind'];

const help = `
Messages:
  pause          hold at the end of the segment that is being computed, without a compute process, until resume; survives the end of worker and server
  resume         go on
  extend         make --updates N updates in all; what is computed later decays its learning rates over all of them
  learning-rate  --value V for --player NAME (flow, ebm; vae, generator, discriminator, classifier) in place of the configured one;
                 warm-up, decay and the factors of rollbacks are still applied
  samples        draw samples of the last checkpoint into the run's folder, samples/<training>-<update>.png; changes nothing

All others take effect between two segments, and the command waits for that; after Ctrl-C the message stays. A training that has not
begun is told when it begins, before its first update (in a resumed run where it had come); the command does not wait for that.
Each is a decision in the record, with the number of updates done: a run that is resumed, from the server's history or from the record alone, takes it at the same place and gives the same weights.
It stays so when the training is rolled back, also to before that update, with the rollback's factor on a learning rate. Of a training that gave up, \`resume --set\`
of a learning rate takes the place of the one that was told; all else that was told stays.

Examples:
  ${invocation} tell latest pause
  ${invocation} tell latest extend --updates 20000
  ${invocation} tell latest learning-rate --player flow --value 1e-4
  ${invocation} tell latest samples --training pretrain`;

interface Options extends ServerFlags {
  readonly training?: string;
  readonly updates?: number;
  readonly player?: string;
  readonly value?: number;
  readonly out: string;
  readonly json?: true;
}

export function addTellCommand(program: Command): void {
  addServerOptions(
    program
      .command('tell')
      .description(
        'Tell a training that goes on, or is to come, to pause, resume, make more updates, take '
          + 'another learning rate, or show samples.',
      )
      .argument('<run>', 'id of a run, its unambiguous beginning, or latest')
      .argument('<message>', commandKinds.join(', '), readKind)
      .addOption(new Option('--updates <n>', 'of extend: updates in all').argParser(readUpdate))
      .addOption(new Option('--player <name>', 'of learning-rate: whose'))
      .addOption(new Option('--value <rate>', 'of learning-rate').argParser(readRate))
      .option(
        '--training <name>',
        'who is told; without it the training on the main line (pretrain, contrast, control), or the '
          + 'only one that goes on, or the first to come',
      )
      .addOption(outOption()),
  )
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(tell);
}

async function tell(name: string, kind: Kind, options: Options): Promise<void> {
  const message = messageFrom(kind, options);
  const { out, training = null } = options;
  // it brings no worker
  const counterflow = await Counterflow.connect({ ...options, runs: out, say, tends: false });
  try {
    const run = await counterflow.run(name);
    const { held, sentence } = await run.command(message, training as TrainingName | null);
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ run: run.id, message: kind, sentence, ...(held && { held }) })}\n`
        : `${sentence}\n`,
    );
  } finally {
    await counterflow.close();
  }
}

/** Throws CounterflowError where an option is missing, or belongs to another message. */
function messageFrom(kind: Kind, { updates, player, value }: Options): TrainingCommand {
  const wanted: Partial<Record<Kind, readonly string[]>> = {
    extend: ['updates'],
    'learning-rate': ['player', 'value'],
  };
  for (const [option, given] of Object.entries({ updates, player, value })) {
    const isWanted = wanted[kind]?.includes(option) ?? false;
    if (isWanted && given === undefined)
      throw new CounterflowError(exitCodes.badInput, `Expected --${option} with ${kind}, got none.`);
    if (!isWanted && given !== undefined)
      throw new CounterflowError(
        exitCodes.badInput,
        `Expected no --${option} with ${kind}, got ${JSON.stringify(given)}.`,
      );
  }
  switch (kind) {
    case 'extend':
      return { kind, updates: updates! };
    case 'learning-rate':
      return { kind, player: player!, value: value! };
    default:
      return { kind };
  }
}

function readKind(text: string): Kind {
  if (!(commandKinds as readonly string[]).includes(text))
    throw new InvalidArgumentError(`Expected ${commandKinds.join(', ')}.`);
  return text as Kind;
}

function readRate(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('Expected a number above 0, as in 1e-4.');
  return value;
}
