/** What could be removed, for people and for programs. */
import { kinds, type Item, type RemovedKind, type RemovalPlan } from '../../gc/plan.ts';
import type { Colors } from './colors.ts';
import { columns } from './columns.ts';
import { localTime } from '../../base/format.ts';

interface KindSummary {
  readonly kind: RemovedKind;
  readonly count: number;
  readonly bytes: number;
  /** ISO times. */
  readonly oldest: string;
  readonly newest: string;
}

export interface PlanSummary {
  readonly runs: number;
  readonly kinds: readonly KindSummary[];
  readonly young: { readonly count: number; readonly bytes: number };
  readonly files: readonly Item[];
}

export function planSummary({ runs, remove, young }: RemovalPlan): PlanSummary {
  return {
    runs,
    kinds: kinds.flatMap((kind) => summaryOfKind(kind, remove)),
    young: { count: young.length, bytes: bytesOf(young) },
    files: remove,
  };
}

export function planLines(plan: RemovalPlan, colors: Colors): string[] {
  const { runs, kinds: found, young } = planSummary(plan);
  const rows = found.map(({ kind, count, bytes, oldest, newest }) => [
    kind,
    count.toLocaleString('en-US'),
    bytes.toLocaleString('en-US'),
    localTime(oldest),
    localTime(newest),
  ]);
  const total = [
    'total',
    plan.remove.length.toLocaleString('en-US'),
    bytesOf(plan.remove).toLocaleString('en-US'),
    '',
    '',
  ];
  const youngLine =
    `${young.count.toLocaleString('en-US')} more that no run needs `
    + `(${young.bytes.toLocaleString('en-US')} bytes) are too young to go; --older-than says how young `
    + 'that is.';
  return [
    ...(rows.length === 0
      ? [
          'Nothing to remove: all that is old enough is needed by '
            + `${runs === 1 ? 'the one run' : `the ${runs} runs`} here.`,
        ]
      : columns(
          [
            ['needed by no run', 'files', 'bytes', 'oldest', 'newest'].map((title) => colors.dim(title)),
            ...rows,
            total,
          ],
          [1, 2],
        )),
    ...(young.count > 0 ? [youngLine] : []),
  ];
}

function summaryOfKind(kind: RemovedKind, items: readonly Item[]): KindSummary[] {
  const own = items.filter((item) => item.kind === kind);
  if (own.length === 0) return [];
  const times = own.map(({ modifiedAt }) => modifiedAt).sort((a, b) => a - b);
  const iso = (ms: number): string => new Date(ms).toISOString();
  return [
    { kind, count: own.length, bytes: bytesOf(own), oldest: iso(times[0]!), newest: iso(times.at(-1)!) },
  ];
}

const bytesOf = (items: readonly Item[]): number => items.reduce((sum, { bytes }) => sum + bytes, 0);
