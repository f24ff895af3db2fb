/** Options that several commands share, and how their values are read. */
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { isRunId } from '../../store/layout.ts';
import { isAddress } from '../../temporal/address.ts';
import { isInstalledPackage } from '../../setup/checkout.mjs';
import { largestScale } from '../../client/runs/scale-config.ts';

/** Files are named by it, with something behind it. */
const longestRunId = 100;
/** In the checkout; where we are installed as a package, in the folder that the command is called in. */
export const defaultRuns = isInstalledPackage
  ? resolve('runs')
  : fileURLToPath(new URL('../../../runs', import.meta.url));
const defaultText = isInstalledPackage ? 'runs in this folder' : 'runs in the checkout';

export function outOption(): Option {
  return new Option('--out <dir>', "folder of the runs, their artifacts and the server's state")
    .default(defaultRuns, defaultText)
    .argParser((path) => (isAbsolute(path) ? path : resolve(path)));
}

/** Which Temporal server: `ServerFlags` are what they are read into. */
export function addServerOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--address <host:port>', 'use this Temporal server in place of the embedded one').argParser(
        readAddress,
      ),
    )
    .option('--namespace <name>', 'namespace on that server')
    .option(
      '--profile <name>',
      "profile of Temporal's configuration file (~/.config/temporalio/temporal.toml, or TEMPORAL_CONFIG_FILE)",
    )
    .option('--local', 'use the embedded server, whatever environment and configuration file say');
}

export function jsonOption(about = 'print JSON'): Option {
  return new Option('--json', about);
}

export function readAddress(text: string): string {
  if (!isAddress(text))
    throw new InvalidArgumentError('Expected HOST:PORT with a port of 1 to 65535, as in localhost:7233.');
  return text;
}

export function readRunId(text: string): string {
  if (!isRunId(text) || text.length > longestRunId || text === 'latest') {
    throw new InvalidArgumentError(
      `Expected at most ${longestRunId} letters, digits, dots, dashes and underscores, a letter or `
        + 'digit first, and not "latest".',
    );
  }
  return text;
}

export function readSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed))
    throw new InvalidArgumentError(`Expected a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`);
  return seed;
}

export function readUpdate(text: string): number {
  const update = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(update) || update === 0)
    throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return update;
}

export function readCount(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return Number(text);
}

export function readPrice(text: string): number {
  const price = Number(text);
  if (text.trim() === '' || !(price >= 0 && price < Infinity))
    throw new InvalidArgumentError('Expected a number of at least 0.');
  return price;
}

export function readScale(text: string): number {
  const scale = Number(text);
  if (text.trim() === '' || !(scale > 0 && scale <= largestScale))
    throw new InvalidArgumentError(
      `Expected a number above 0 and at most ${largestScale}, as in 0.1 for a tenth of the updates.`,
    );
  return scale;
}

export function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}
