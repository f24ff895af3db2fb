/** The commands, in the order `--help` lists them. What a command needs is loaded with it: a shell that asks
 *  for `list` does not wait for a Temporal client. */
import { Command } from 'commander';
import { exitCodeHelp } from '../base/exit-codes.ts';
import { invocation } from '../base/invocation.ts';
import packageJson from '../../package.json' with { type: 'json' };

type AddCommand = (program: Command) => void;

const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  run: async () => (await import('./commands/run.ts')).addRunCommand,
  config: async () => (await import('./commands/config.ts')).addConfigCommand,
  list: async () => (await import('./commands/list.ts')).addListCommand,
  show: async () => (await import('./commands/show.ts')).addShowCommand,
  watch: async () => (await import('./commands/watch.ts')).addWatchCommand,
  ui: async () => (await import('./commands/ui.ts')).addUiCommand,
  compare: async () => (await import('./commands/compare.ts')).addCompareCommand,
  report: async () => (await import('./commands/report.ts')).addReportCommand,
  explain: async () => (await import('./commands/explain.ts')).addExplainCommand,
  lineage: async () => (await import('./commands/lineage.ts')).addLineageCommand,
  resume: async () => (await import('./commands/resume.ts')).addResumeCommand,
  cancel: async () => (await import('./commands/cancel.ts')).addCancelCommand,
  sweep: async () => (await import('./commands/sweep.ts')).addSweepCommand,
  tell: async () => (await import('./commands/tell.ts')).addTellCommand,
  verify: async () => (await import('./commands/verify.ts')).addVerifyCommand,
  gc: async () => (await import('./commands/gc.ts')).addGcCommand,
  schedule: async () => (await import('./commands/schedule.ts')).addScheduleCommand,
  worker: async () => (await import('./commands/worker.ts')).addWorkerCommand,
  completion: async () => {
    const { addCompletionCommand } = await import('./commands/completion.ts');
    return (program) => addCompletionCommand(program, createProgram);
  },
  doctor: async () => (await import('./commands/doctor.ts')).addDoctorCommand,
};

/** With the command that `args` name, or with all: for help, and for a name that is none. */
export async function createProgram(args: readonly string[] = []): Promise<Command> {
  const program = new Command(invocation)
    .description(
      "Flow Contrastive Estimation of energy-based models: durable, reproducible runs of the paper's "
        + 'experiments.',
    )
    .version(packageJson.version)
    .configureHelp({ showGlobalOptions: false })
    // what is behind a command's name is that command's: sweep has options of its own and commands with
    // options of the same name
    .enablePositionalOptions()
    .configureOutput({
      outputError: (sentence, write) =>
        write(sentence.replace(/(missing required argument .*)/, '$1; --help shows what is expected')),
    })
    .exitOverride();
  for (const add of await Promise.all(named(args).map((load) => load()))) add(program);
  program.addHelpText('after', `\n${exitCodeHelp()}`);
  for (const command of program.commands) command.addHelpText('after', `\n${exitCodeHelp()}`);
  return program;
}

function named([first = '']: readonly string[]): (() => Promise<AddCommand>)[] {
  return Object.hasOwn(commands, first) ? [commands[first]!] : Object.values(commands);
}
