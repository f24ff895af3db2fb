/** The commands, in the order `--help` lists them. */
import { Command } from 'commander';
import { addCancelCommand } from './commands/cancel.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addGcCommand } from './commands/gc.ts';
import { addListCommand } from './commands/list.ts';
import { addResumeCommand } from './commands/resume.ts';
import { addRunCommand } from './commands/run.ts';
import { addScheduleCommand } from './commands/schedule.ts';
import { addShowCommand } from './commands/show.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { addWorkerCommand } from './commands/worker.ts';
import { exitCodeHelp } from './exit-codes.ts';
import packageJson from '../../package.json' with { type: 'json' };

export function createProgram(): Command {
  const program = new Command('counterflow')
    .description('Flow Contrastive Estimation of energy-based models: durable, reproducible runs of the paper\'s experiments.')
    .version(packageJson.version)
    .configureHelp({ showGlobalOptions: false })
    .exitOverride();
  const runs = [addRunCommand, addListCommand, addShowCommand, addResumeCommand, addCancelCommand, addVerifyCommand, addGcCommand];
  for (const add of [...runs, addScheduleCommand, addWorkerCommand, addDoctorCommand]) add(program);
  program.addHelpText('after', `\n${exitCodeHelp()}`);
  for (const command of program.commands) command.addHelpText('after', `\n${exitCodeHelp()}`);
  return program;
}
