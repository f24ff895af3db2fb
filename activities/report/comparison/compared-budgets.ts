/** What the trainings of runs side by side were given: updates, batches and time. */
import { budgetsOf, unequalIn, type Budget, type Budgets } from '../budgets.ts';
import type { ComparableRecord, ComparedValue } from './compared.ts';
import { labelOf } from './label-of.ts';

export interface TimedBudget extends Budget {
  /** Of its updates; null where none are recorded. */
  readonly seconds: number | null;
}

export interface RunBudgets extends Omit<Budgets, 'trainings'> {
  readonly trainings: readonly TimedBudget[];
}

/** By the run's id; without those that have no contrast, or no configuration, yet. */
export function budgetsByRun(records: readonly ComparableRecord[]): Record<string, RunBudgets> {
  return Object.fromEntries(
    records.flatMap((record) => {
      const budgets = timedBudgets(record);
      return budgets === null ? [] : [[record.id, budgets] as const];
    }),
  );
}

/** Of one run; null where there is nothing to be compared yet. */
export function timedBudgets({
  config,
  trainings,
  decisions,
  initialFlow,
}: Pick<Partial<ComparableRecord>, 'config' | 'trainings' | 'decisions' | 'initialFlow'>): RunBudgets | null {
  const budgets =
    config && trainings
      ? budgetsOf({ config, trainings, ...(decisions && { decisions }), initialFlow })
      : null;
  if (budgets === null) return null;
  const secondsOf = (training: string): number | null =>
    (trainings as Readonly<Record<string, { readonly updateSeconds?: number }>>)[training]?.updateSeconds
    ?? null;
  return {
    ...budgets,
    trainings: budgets.trainings.map((one) => ({ ...one, seconds: secondsOf(one.training) })),
  };
}

/** The sentences of a report, once for all runs that have the same, and what two runs gave the same
 *  training. */
export function budgetNotes(
  records: readonly ComparableRecord[],
  budgets: Readonly<Record<string, RunBudgets>>,
): string[] {
  const labelled = records.flatMap(({ id }, index) =>
    budgets[id] ? [{ label: labelOf(index), of: budgets[id] }] : [],
  );
  const said = new Map<string, string[]>();
  for (const { label, of } of labelled)
    for (const sentence of unequalIn(of)) said.set(sentence, [...(said.get(sentence) ?? []), label]);
  const names = [...new Set(labelled.flatMap(({ of }) => of.trainings.map(({ training }) => training)))];
  return [
    ...[...said].map(([sentence, labels]) => `${list(labels)}: ${sentence}`),
    ...names.flatMap((training) => betweenRuns(training, labelled)),
  ];
}

function betweenRuns(
  training: string,
  labelled: readonly { readonly label: string; readonly of: RunBudgets }[],
): string[] {
  const byBudget = new Map<string, string[]>();
  for (const { label, of } of labelled) {
    const own = of.trainings.find((one) => one.training === training);
    if (own !== undefined) byBudget.set(budgetText(own), [...(byBudget.get(budgetText(own)) ?? []), label]);
  }
  if (byBudget.size < 2) return [];
  return [
    `${training} was given other budgets: `
      + `${[...byBudget].map(([text, labels]) => `${text} in ${list(labels)}`).join('; ')}.`,
  ];
}

/** A row for each training: updates times batch, and the seconds of the updates. */
export function budgetRows(budgets: Readonly<Record<string, RunBudgets>>): ComparedValue[] {
  const names = [
    ...new Set(Object.values(budgets).flatMap(({ trainings }) => trainings.map(({ training }) => training))),
  ];
  return names.map((name) => ({
    name,
    values: Object.fromEntries(
      Object.entries(budgets).flatMap(([id, { trainings }]) => {
        const own = trainings.find(({ training }) => training === name);
        return own === undefined
          ? []
          : [
              [
                id,
                `${own.updates} x `
                  + `${own.batchSize}${own.seconds === null ? '' : `, ${Number(own.seconds.toPrecision(3))} s`}`,
              ],
            ];
      }),
    ),
  }));
}

const budgetText = ({ updates, batchSize }: Budget): string => `${updates} updates of ${batchSize}`;
const list = (names: readonly string[]): string => new Intl.ListFormat('en').format(names);
