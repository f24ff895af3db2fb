/** Calls of the tool on pages, held against the command line and the schemas, with nothing done. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { createProgram } from '../../infra/cli/program.ts';
import { findExperiment, resolveConfig } from '../../infra/client/runs/resolve-config.ts';
import { readSweepFile } from '../../infra/client/sweeps/read-sweep-file.ts';
import { experiments } from '../../workflows/experiments/index.ts';
import type { Call } from './pages.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A placeholder is in capitals. */
const isPlaceholder = (word: string): boolean => /^[A-Z][A-Z.]*$/.test(word);

/** A word of a call with what may stand for its placeholder: N for a number, HOST:PORT for an address. */
export const filled = (word: string): string =>
  word.replace(/(?<=^|=)N$/, '8').replace(/^HOST:PORT$/, 'localhost:7233');

interface Parsed {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** As the command line takes it, with nothing done. Throws commander's or our own sentence. */
async function parse(words: readonly string[]): Promise<Parsed | null> {
  const args = words.map(filled);
  const program = await createProgram(args);
  let parsed: Parsed | null = null;
  const disarm = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
    command.commands.forEach(disarm);
    if (command.commands.length > 0 && command.registeredArguments.length === 0) return;
    command.action(() => {
      parsed = { command: pathOf(command), args: command.args, options: command.opts() };
    });
  };
  program.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  program.commands.forEach(disarm);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if ((error as { code?: string }).code !== 'commander.helpDisplayed') throw error;
  }
  return parsed;
}

const pathOf = (command: Command): string =>
  command.parent?.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();

/** Throws what the command line says of the settings; without a name, where no experiment takes them. */
export function requireSettings(name: string | null, options: Parsed['options']): void {
  const set = (options['set'] as string[] | undefined) ?? [];
  const asked = {
    set,
    seed: options['seed'] as number | undefined,
    scale: options['scale'] as number | undefined,
    flowGiven: options['initialFlow'] !== undefined,
  };
  const resolve = (one: string): unknown => resolveConfig(findExperiment(experiments, one), asked);
  if (name !== null) resolve(name);
  else if (set.length > 0)
    assert.ok(
      Object.keys(experiments).some((one) => takes(() => resolve(one))),
      `no experiment takes ${set.join(', ')}`,
    );
}

/** Whether `work` throws nothing. */
export function takes(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

/** Throws where the command line refuses the call, its experiment, its settings or its sweep file. */
export async function requireCall({ words, mention }: Call): Promise<void> {
  const parsed = await parse(words).catch((error: { code?: string }) => {
    if (mention && unfinished.includes(error.code ?? '')) return null;
    throw error;
  });
  if (parsed === null) return;
  const { command, args, options } = parsed;
  const sweep = command === 'sweep' ? args[0] : (options['sweep'] as string | undefined);
  if (sweep?.includes('/')) await readSweepFile(join(root, sweep));
  const named = { run: args[0], config: args[0], 'schedule create': args[1] }[command] ?? null;
  const isFile = named !== null && (isPlaceholder(named) || named.includes('/'));
  requireSettings(isFile ? null : named, options);
}

/** How commander calls what a sentence may leave out. */
const unfinished = ['commander.missingArgument', 'commander.help'];
