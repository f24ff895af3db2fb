/** What a run is asked for, from the options of a command line: those that say what is computed, not where or
 *  when. */
import type { Command } from 'commander';
import { experiments } from '../../../workflows/experiments/index.ts';
import { readTitle } from '../../client/runs/run-title.ts';
import { collect, readScale, readSeed, readUpdate } from './options.ts';

export const scaleHelp =
  'times so much the updates of every training and what follows from them (warm-ups, lines of '
  + 'metrics); --set goes over it';

export function addRequestOptions(
  command: Command,
  seeded = 'everything random but the data, which --set dataset.seed=N draws anew',
): Command {
  return command
    .option(
      '--set <path=value>',
      'change the configuration at a path; the value is JSON or a word; may be repeated',
      collect,
    )
    .option(
      '--config <file>',
      'YAML or JSON with any part of the configuration, which --set goes over; `config NAME` prints one',
    )
    .option('--scale <factor>', scaleHelp, readScale)
    .option('--seed <n>', `seed of ${seeded}`, readSeed)
    .option(
      '--title <text>',
      "what the report and pages call it, in place of the experiment's title or the folder's name",
      readTitle,
    )
    .option('--data-dir <dir>', "folder with the data set's official files, or with your images")
    .option(
      '--download',
      'get the official files of svhn, cifar10 or mnist that are missing, into --data-dir or the cache',
    )
    .option(
      '--features <file>',
      'network in whose features distances of images are taken: ONNX, or PyTorch weights of the FID '
        + 'Inception network (.pth)',
    )
    .option('--fid', 'the FID Inception network with its official weights, downloaded once (96 MB)')
    .option(
      '--reference <file.npz>',
      'compare with these statistics too (mu and sigma, as pytorch-fid writes them)',
    )
    .option(
      '--initial-flow <file>',
      'start from this flow in place of a pretraining (--set pretrain=null): '
        + 'checkpoints/NAME.safetensors of another run, or a .pt of y0ast/Glow-PyTorch',
    )
    .option('--fresh', 'reuse no artifact of earlier runs');
}

export function addUntilOption(command: Command): Command {
  return command.option(
    '--until <update>',
    'stop the contrast at the first checkpoint from this update on and evaluate it; `resume --until` goes on',
    readUpdate,
  );
}

export function experimentsHelp(): string {
  const width = Math.max(...Object.keys(experiments).map((name) => name.length));
  return `Experiments:\n${Object.values(experiments)
    .map(({ name, description }) => `  ${name.padEnd(width)}  ${description}`)
    .join('\n')}

${ownExperimentHelp}`;
}

const ownExperimentHelp = `What has a slash, or ends in .ts, .mts, .js, .mjs, .yaml, .yml or .json, is a file
with an experiment of your own: \`export default { name, title, description, config, needs }\`, the same keys
in YAML and JSON; description and needs may be left out. docs/examples/my-experiment.ts is one.
A run keeps a copy of the file and its SHA-256, and goes on where the file has gone.
A module is run as a program, with your rights; YAML and JSON are read as data.`;
