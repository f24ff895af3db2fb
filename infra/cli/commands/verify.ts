import type { Command } from 'commander';
import { CounterflowError } from '../../base/user-error.ts';
import { colors } from '../lines/colors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { verifySettled } from '../../client/runs/verify-settled.ts';
import { invocation } from '../../base/invocation.ts';
import { jsonOption, outOption } from '../arguments/options.ts';
import { findRun } from '../../client/records/run-records.ts';
import { verificationLines } from '../lines/verification-lines.ts';

const examples = `
Examples:
  ${invocation} verify latest
  ${invocation} verify eight-gaussians-s1-20261123 --json

Needs no server. Ends with exit code 6 where something is missing or differs; files that nothing names are listed, and are no defect.`;

export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description(
      'Derive every hash of a run again and say what is missing or differs, and what to do about it.',
    )
    .argument('<run>', 'id of a run, its unambiguous beginning, or latest')
    .addOption(outOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(verify);
}

async function verify(
  name: string,
  { out, json }: { readonly out: string; readonly json?: true },
): Promise<void> {
  const id = await findRun(out, name);
  const { ongoing, ...verification } = await verifySettled(out, id);
  const lines = json
    ? [JSON.stringify({ ...verification, ongoing }, null, 2)]
    : verificationLines(verification, ongoing, colors);
  process.stdout.write(`${lines.join('\n')}\n`);
  if (!verification.holds)
    throw new CounterflowError(
      exitCodes.differs,
      `Run ${id} does not hold what it recorded; affected: ${verification.affected.join(', ')}.`,
    );
}
