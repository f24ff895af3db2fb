import type { Command } from 'commander';
import { CounterflowError } from '../../base/user-error.ts';
import { colors } from '../lines/colors.ts';
import { columns } from '../lines/columns.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { invocation } from '../../base/invocation.ts';
import { jsonOption } from '../arguments/options.ts';

const examples = `
Examples:
  ${invocation} doctor
  ${invocation} doctor --json`;

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('Say what was found on this machine, and what to do about what is missing.')
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(doctor);
}

async function doctor({ json }: { readonly json?: true }): Promise<void> {
  const { findings } = await import('../../doctor/findings.ts');
  const found = await findings();
  const missing = found.filter(({ ok }) => !ok);
  const lines = json
    ? [JSON.stringify(found, null, 2)]
    : columns(
        found.flatMap(({ name, ok, value, remedy }) => [
          [ok ? colors.green('✓') : colors.red('✗'), name, value],
          ...(remedy ? [['', '', colors.yellow(remedy)]] : []),
        ]),
      );
  process.stdout.write(`${lines.join('\n')}\n`);
  if (missing.length > 0)
    throw new CounterflowError(
      exitCodes.environment,
      `Missing: ${missing.map(({ name }) => name).join(', ')}.`,
    );
}
