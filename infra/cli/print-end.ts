import { join } from 'node:path';
import pc from 'picocolors';
import { layoutOf, runFolder } from '../layout.ts';
import { invocation } from './invocation.ts';
import { resultLines } from './record-lines.ts';
import { readRecord } from './run-files.ts';
import { duration } from './format.ts';

/** What a completed run ends with: its results and where its report is. */
export async function printEnd(out: string, runId: string): Promise<void> {
  const record = await readRecord(out, runId);
  const total = record?.timings?.['totalS'];
  const lines = [
    `${pc.green('completed')}  ${pc.bold(runId)}${total === undefined ? '' : pc.dim(`  ${duration(total)}`)}`,
    ...(record ? resultLines(record, pc) : []),
    '',
    `Report: ${join(runFolder(layoutOf(out), runId), 'report.html')}`,
    pc.dim(`\`${invocation} show ${runId}\` has the details.`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
