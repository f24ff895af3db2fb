import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { layoutOf } from '../../store/layout.ts';
import { verifyRun, type Verification } from '../../verify/verify-run.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { colors } from '../lines/colors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { idleRuns } from '../../client/runs/idle-runs.ts';
import { invocation } from '../../base/invocation.ts';
import { jsonOption, outOption } from '../arguments/options.ts';
import { findRun, readRecord } from '../../client/records/run-records.ts';
import { verificationLines } from '../lines/verification-lines.ts';

const examples = `
Examples:
  ${invocation} verify latest
  ${invocation} verify eight-gaussians-s1-20261123 --json

Needs no server. Ends with exit code 6 where something is missing or differs; files that nothing names are listed, and are no defect.`;

/** The record is written last, a moment after the files it speaks of. */
const settlesWithinMs = 2000;
const looks = 3;

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
  const { ongoing, verification } = await settled(out, id);
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

/** Of a run that is worked on, what differs may just have been about to be recorded. */
async function settled(out: string, id: string): Promise<{ ongoing: boolean; verification: Verification }> {
  for (let look = 1; ; look += 1) {
    const verification = await verifyRun(layoutOf(out), id, invocation);
    const ongoing = await isOngoing(out, id);
    if (verification.holds || !ongoing || look === looks) return { ongoing, verification };
    await sleep(settlesWithinMs);
  }
}

async function isOngoing(out: string, id: string): Promise<boolean> {
  const record = await readRecord(out, id).catch(() => null);
  return record?.status === 'running' && !(await idleRuns(out, [record])).has(id);
}
