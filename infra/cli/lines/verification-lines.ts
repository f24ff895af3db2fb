/** What verification found, as people read it in a terminal. */
import type { Content, Finding } from '../../verify/finding.ts';
import type { Verification } from '../../verify/verify-run.ts';
import type { Colors } from './colors.ts';
import { columns } from './columns.ts';

export function verificationLines(
  { run, status, findings, affected, remedies }: Verification,
  ongoing: boolean,
  colors: Colors,
): string[] {
  const of = (state: Finding['state']): Finding[] => findings.filter((finding) => finding.state === state);
  const [ok, unlisted, released] = [of('ok'), of('unlisted'), of('released')];
  const bad = findings.filter(({ state }) => state === 'missing' || state === 'differs');
  const bytes = ok.reduce((sum, { found }) => sum + (found?.bytes ?? 0), 0);
  return [
    `${colors.bold(run)}  ${status ?? 'without a record that can be read'}`,
    ...(ongoing
      ? [
          'It is still going on: this is what was recorded so far; what its steps have made since is '
            + 'not looked at.',
        ]
      : []),
    '',
    ...bad.flatMap((finding) => badLines(finding, colors)),
    ...unlisted.map(({ file, note }) => `${colors.dim('unlisted')}  ${file}${note ? `: ${note}` : ''}`),
    `${bad.length === 0 ? colors.green('ok') : 'ok'}  ${ok.length} files, `
      + `${bytes.toLocaleString('en-US')} bytes${bad.length === 0 ? ': all hashes hold' : ''}`,
    ...notesOf(ok),
    ...(released.length === 0
      ? []
      : [
          `${colors.dim('released')}  `
            + `${released.length === 1 ? 'one checkpoint' : `${released.length} checkpoints`} that later `
            + 'ones have taken the place of',
        ]),
    ...(bad.length === 0 ? [] : ['', `Affected: ${affected.join(', ')}.`, ...remedies]),
  ];
}

function badLines({ file, state, part, expected, found, note }: Finding, colors: Colors): string[] {
  const rows = [
    ...(expected ? [['expected', shown(expected)]] : []),
    ...(found && state === 'differs' ? [['found', shown(found)]] : []),
  ];
  return [
    `${colors.red(state)}  ${file}  (${part})${note ? `: ${note}` : ''}`,
    ...columns(rows).map((row) => `  ${row}`),
  ];
}

const shown = ({ sha256, bytes }: Content): string => `${sha256}  ${bytes.toLocaleString('en-US')} bytes`;

function notesOf(findings: readonly Finding[]): string[] {
  const counts = new Map<string, number>();
  for (const { note } of findings) if (note !== undefined) counts.set(note, (counts.get(note) ?? 0) + 1);
  return [...counts].map(
    ([note, count]) => `    of ${count === 1 ? 'one of them' : `${count} of them`}: ${note}`,
  );
}
