import { Argument, type Command } from 'commander';
import { experimentConfigSchema } from '../../../activities/config/experiment-config.ts';
import { experiments } from '../../../workflows/experiments/index.ts';
import { bashScript, type Vocabulary } from '../completion/bash-script.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { describeCommands } from '../completion/describe-commands.ts';
import { fishScript } from '../completion/fish-script.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { npmSpeaksFirst, quietInvocation } from '../../base/invocation.ts';
import { defaultRuns } from '../arguments/options.ts';
import { paths } from '../../client/runs/setting.ts';

const help = `
The script completes commands, options, experiments, configuration paths of --set, and the ids of runs and sweeps; it starts no process for that.
It completes \`counterflow\`, which \`npm link\` puts on the PATH. Write it again after an update.

Examples:
  ${quietInvocation} completion bash > ~/.local/share/bash-completion/completions/counterflow
  ${quietInvocation} completion zsh > ~/.counterflow-completion.zsh      # and in ~/.zshrc: source ~/.counterflow-completion.zsh
  ${quietInvocation} completion fish > ~/.config/fish/completions/counterflow.fish`;

/** `createProgram`: makes the program with all of its commands, which are what is completed. */
export function addCompletionCommand(program: Command, createProgram: () => Promise<Command>): void {
  program
    .command('completion')
    .description('Print a script that completes what is typed in bash, zsh or fish.')
    .addArgument(new Argument('<shell>', 'the shell it is for').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', help)
    .action(async (shell: string) => void process.stdout.write(await scriptFor(shell, createProgram)));
}

/** Throws CounterflowError. */
async function scriptFor(shell: string, createProgram: () => Promise<Command>): Promise<string> {
  if (npmSpeaksFirst)
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected \`${quietInvocation} completion ${shell}\`, or npm's own lines come before the script.`,
    );
  const commands = describeCommands(await createProgram());
  if (shell === 'fish') return fishScript(commands, vocabulary());
  const script = bashScript(commands, vocabulary());
  return shell === 'bash'
    ? script
    : `# zsh reads what bash does.\nautoload -Uz compinit bashcompinit\n(( $+functions[compdef] )) || `
        + `compinit\nbashcompinit\n${script}`;
}

function vocabulary(): Vocabulary {
  const settings = Object.entries(experiments).map(
    ([name, { config }]) => [name, [...paths(experimentConfigSchema.parse(config))].sort()] as const,
  );
  return { settings: new Map(settings), out: defaultRuns };
}
