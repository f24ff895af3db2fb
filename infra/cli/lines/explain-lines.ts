/** Why each step of a run was computed or reused, as people read it in a terminal. */
import type { KeyDifference, Lineage, TracedStep } from '../../lineage/lineage.ts';
import { groupSteps, type StepGroup } from '../../lineage/group-steps.ts';
import { reasonOf } from '../../lineage/reason-of.ts';
import { toldAlike } from '../../lineage/told-alike.ts';
import type { Colors } from './colors.ts';
import { columns } from './columns.ts';
import { duration, localTime } from '../../base/format.ts';

export function explainLines(lineage: Lineage, colors: Colors): string[] {
  const { run, status, commit, dirty, steps } = lineage;
  const reused = steps.filter((step) => step.reused).length;
  return [
    `${colors.bold(run)}  ${status}${commit === null ? '' : `  commit ${commitText(commit, dirty)}`}`,
    steps.length === 0
      ? 'No step of it has been recorded yet.'
      : `${steps.length} steps: ${steps.length - reused} computed, ${reused} reused`,
    ...groupSteps(steps, toldAlike).flatMap((group) => ['', ...groupLines(group, lineage, colors)]),
  ];
}

export const commitText = (commit: string, dirty: boolean | null): string =>
  `${commit.slice(0, 12)}${dirty ? ' and changes that are in no commit' : ''}`;

function groupLines({ name, steps }: StepGroup, lineage: Lineage, colors: Colors): string[] {
  const first = steps[0]!;
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
  const count = steps.length === 1 ? '' : `, ${steps.length} segments`;
  const rows = [
    ['why', reasonOf(first)],
    ...differenceRows(first),
    ...inputRows(steps, lineage.run),
    ...codeRows(first),
    [
      'key',
      steps.length === 1 ? first.key : `${first.key.slice(0, 16)}… to ${steps.at(-1)!.key.slice(0, 16)}…`,
    ],
  ];
  return [
    `${colors.bold(name)}  `
      + `${first.reused ? colors.green('reused') : colors.cyan('computed')}${colors.dim(`  ${duration(seconds)}${count}`)}`,
    ...columns(rows.map(([label, ...cells]) => [colors.dim(label!), ...cells])).map((line) => `  ${line}`),
  ];
}

function differenceRows({ nearest }: TracedStep): string[][] {
  return (nearest?.differences ?? []).map((difference) => [
    'differs',
    `${difference.part} ${difference.name}: ${changeOf(difference)}`,
  ]);
}

function changeOf({ part, was, now, because }: KeyDifference): string {
  const hash = part === 'input' || part === 'code';
  const text = (value: KeyDifference['was']): string =>
    value === null ? 'none' : hash ? String(value).slice(0, 12) : String(value);
  return `${text(was)} -> ${text(now)}${because === undefined ? '' : `, for ${because} was computed anew`}`;
}

/** Of a group the inputs of its first segment, and where the others go on from. */
function inputRows(steps: readonly TracedStep[], run: string): string[][] {
  return steps[0]!.inputs.map(({ path, sha256, step, run: maker }) => {
    const from = step === null ? 'given as a file, or by a step that is not recorded' : `of ${step}`;
    return [
      'input',
      `${path} ${sha256.slice(0, 12)} `
        + `${from}${maker === null || maker === run ? '' : `, computed by ${maker}`}`,
    ];
  });
}

function codeRows({ circumstances, commit, dirty, computedAt, computedBy }: TracedStep): string[][] {
  const made = [computedAt && localTime(computedAt), computedBy && `by ${computedBy}`]
    .filter((text) => text)
    .join(' ');
  const { code, native = {}, threads } = circumstances ?? {};
  const versions = Object.entries(native).map(([name, value]) =>
    name === 'device' ? value : `${name} ${value}`,
  );
  const facts = [
    ...(code ? [`code ${code.slice(0, 12)}`] : []),
    ...(commit ? [`commit ${commitText(commit, dirty)}`] : []),
    ...versions,
    ...(threads ? [threads === 1 ? 'one thread' : `${threads} threads`] : []),
  ];
  return [
    ...(made === '' ? [] : [['computed', made]]),
    ...(facts.length === 0 ? [] : [['in', facts.join(', ')]]),
  ];
}
