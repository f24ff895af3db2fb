import { join } from 'node:path';
import { layoutOf, runFolder } from '../../store/layout.ts';
import { colors } from '../lines/colors.ts';
import { invocation } from '../../base/invocation.ts';
import { budgetLines, dataNotes, reachedUpdate, resultLines, warningLines } from '../lines/record-lines.ts';
import { readRecord } from '../../client/records/run-records.ts';
import { duration } from '../../base/format.ts';

/** What a completed run ends with: its results and where its report is. */
export async function printEnd(out: string, runId: string): Promise<void> {
  const record = await readRecord(out, runId);
  const total = record?.timings?.['totalS'];
  const lines = [
    `${colors.green('completed')}  `
      + `${colors.bold(runId)}${total === undefined ? '' : colors.dim(`  ${duration(total)}`)}`,
    ...(record
      ? [...resultLines(record, colors), ...budgetLines(record, colors), ...warningLines(record, colors)]
      : []),
    ...(record ? dataNotes(record, colors).map(([, note]) => `\n${note}`) : []),
    ...(record?.until === undefined
      ? []
      : [
          '',
          `It went until update ${reachedUpdate(record, record.until)}: \`${invocation} resume `
            + `${runId} --until end\` goes on from there.`,
        ]),
    '',
    `Report: ${join(runFolder(layoutOf(out), runId), 'report.html')}`,
    colors.dim(`\`${invocation} show ${runId}\` has the details.`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
