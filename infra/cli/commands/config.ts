import type { Command } from 'commander';
import { stringify } from 'yaml';
import { readConfigFile } from '../../client/runs/config-file.ts';
import { documentedYaml } from '../arguments/documented-yaml.ts';
import { invocation } from '../../base/invocation.ts';
import { collect, jsonOption, readScale, readSeed } from '../arguments/options.ts';
import { openExperiment } from '../../client/runs/open-experiment.ts';
import { resolveConfig } from '../../client/runs/resolve-config.ts';
import { experimentsHelp, scaleHelp } from '../arguments/request-options.ts';

interface ConfigCommandOptions {
  readonly set?: readonly string[];
  readonly config?: string;
  readonly scale?: number;
  readonly seed?: number;
  readonly plain?: true;
  readonly json?: true;
}

const help = `
${experimentsHelp()}

Examples:
  ${invocation} config eight-gaussians
  ${invocation} config eight-gaussians --scale 0.1
  ${invocation} config cifar10-quick --set contrast.batchSize=32 > mine.yaml
  ${invocation} run cifar10-quick --config mine.yaml`;

export function addConfigCommand(program: Command): void {
  program
    .command('config')
    .description(
      'Print the whole configuration that a run of an experiment would have, documented path by '
        + 'path, as a file for --config.',
    )
    .argument('<name>', 'name of an experiment, or a file with one, see below')
    .option('--config <file>', 'YAML or JSON with any part of the configuration')
    .option('--set <path=value>', 'change the configuration at a path; may be repeated', collect)
    .option('--scale <factor>', scaleHelp, readScale)
    .option('--seed <n>', 'seed of everything random but the data', readSeed)
    .option('--plain', 'leave the documentation out')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(print);
}

async function print(
  name: string,
  { set = [], config: path, scale, seed, plain, json }: ConfigCommandOptions,
): Promise<void> {
  const file = path === undefined ? null : await readConfigFile(path);
  const { experiment, file: own } = await openExperiment(name);
  const config = resolveConfig(experiment, { set, scale, seed, file, source: own?.path });
  process.stdout.write(
    json ? `${JSON.stringify(config, null, 2)}\n` : plain ? stringify(config) : documentedYaml(config),
  );
}
