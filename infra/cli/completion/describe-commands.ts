/** What can be typed, read off commander's own tree: commands, options, and what their values are. */
import type { Argument, Command, Option } from 'commander';

/** What a word may be: one of some, or something that is looked up when it is typed. */
export type Words =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'run' | 'sweep' | 'experiment' | 'setting' | 'file' | 'folder' | 'anything' };

export interface DescribedOption {
  /** `--out`, and `-V` where there is one. */
  readonly flags: readonly string[];
  readonly description: string;
  /** null: it takes no value. */
  readonly value: Words | null;
}

export interface DescribedCommand {
  /** `schedule create`; empty: the program itself. */
  readonly path: string;
  readonly description: string;
  readonly options: readonly DescribedOption[];
  /** In their order; the last is for all that follow where `repeated`. */
  readonly values: readonly Words[];
  readonly repeated: boolean;
}

const kinds: Readonly<Record<string, 'run' | 'sweep' | 'experiment'>> = {
  run: 'run',
  runs: 'run',
  sweep: 'sweep',
  experiment: 'experiment',
};

/** The program and all below it. */
export function describeCommands(command: Command, path = ''): DescribedCommand[] {
  const below = command.commands.flatMap((inner) =>
    describeCommands(inner, path === '' ? inner.name() : `${path} ${inner.name()}`),
  );
  const names = command.commands.map((inner) => inner.name());
  const values =
    names.length > 0
      ? [{ kind: 'words' as const, words: names }]
      : command.registeredArguments.map((argument) => wordsOf(argument, path));
  const help: DescribedOption = { flags: ['--help'], description: 'display help for command', value: null };
  const own: DescribedCommand = {
    path,
    description: command.description(),
    options: [...command.options.map(optionOf), help],
    values,
    repeated: command.registeredArguments.at(-1)?.variadic ?? false,
  };
  return [own, ...below];
}

function wordsOf(argument: Argument, path: string): Words {
  if (argument.argChoices) return { kind: 'words', words: argument.argChoices };
  const name = argument.name();
  return {
    kind:
      path === 'run' && name === 'name'
        ? 'experiment'
        : (kinds[name] ?? (name.startsWith('file') ? 'file' : 'anything')),
  };
}

function optionOf(option: Option): DescribedOption {
  const flags = [option.long, option.short].filter((flag) => flag !== undefined && flag !== null);
  return {
    flags,
    description: option.description,
    value: option.required || option.optional ? valueOf(option) : null,
  };
}

/** By how the value is called in `--help`. */
function valueOf({ argChoices, flags }: Option): Words {
  if (argChoices) return { kind: 'words', words: argChoices };
  const name = /[<[]([^>\]]*)[>\]]/.exec(flags)?.[1] ?? '';
  if (name === 'path=value') return { kind: 'setting' };
  return { kind: name.startsWith('file') ? 'file' : name === 'dir' ? 'folder' : 'anything' };
}
