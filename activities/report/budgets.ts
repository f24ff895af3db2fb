/** What the models that a run compares were trained for, and a sentence where that is not the same: figures
 *  of unequal trainings do not compare methods alone. */
import type { TrainingName } from '../contracts/names.ts';
import { sectionOf } from '../config/section-of.ts';
import type { ReportRecord } from './contract.ts';
import { earlyEnd } from './early-end.ts';
import { trainingName } from './model-names.ts';
import { count, durationInWords } from './number-format.ts';

/** Updates that were made, and how many examples each drew. */
export interface Spent {
  readonly updates: number;
  readonly batchSize: number;
}

export interface Budget extends Spent {
  readonly training: string;
  /** What its flow was trained for before. `given`: a file, of which nobody knows; null: it began from random
   *  weights. */
  readonly before: Spent | 'given' | null;
}

export interface Budgets {
  /** All drew as many examples, what came before them included. */
  readonly equal: boolean;
  /** For people; null where they are equal. */
  readonly sentence: string | null;
  readonly trainings: readonly Budget[];
  /** The control's time beside the contrast's; null where one of them has none. */
  readonly control: ControlTime | null;
}

/** Seconds of updates. */
export interface ControlTime {
  readonly seconds: number;
  readonly contrastSeconds: number;
  /** Its own by the contrast's. */
  readonly ratio: number;
  /** They are the same to 10 %. */
  readonly alike: boolean;
  readonly sentence: string;
}

/** How far the control's time may be from the contrast's to pass for the same. */
const apart = 0.1;

type Facts = Pick<ReportRecord, 'config' | 'decisions'> & {
  readonly trainings?: Readonly<
    Record<string, { readonly updates: number; readonly updateSeconds?: number }>
  >;
};

/** null: there is no contrast yet that could be compared. A training that gave up has no figures, and no
 *  budget either. */
export function budgetsOf(record: Facts & { readonly initialFlow?: unknown }): Budgets | null {
  const {
    config,
    config: { pretrain },
    initialFlow,
  } = record;
  const before = initialFlow === undefined ? pretrain && spentOn(record, 'pretrain') : 'given';
  const compared = baselines.filter((training) => sectionOf(config, training) !== null);
  // where no other flow was trained by likelihood, the pretrained one is what the contrast is held against
  const names: TrainingName[] = [
    ...compared,
    ...(pretrain !== null && !compared.includes('flow-mle') ? ['pretrain' as const] : []),
    'contrast',
  ];
  const trainings = names.flatMap((training): Budget[] => {
    const spent = spentOn(record, training);
    return spent === null
      ? []
      : [{ training, ...spent, before: training === 'contrast' || training === 'control' ? before : null }];
  });
  if (!trainings.some(({ training }) => training === 'contrast')) return null;
  const equal = new Set(trainings.map(examplesOf)).size === 1;
  return { equal, sentence: equal ? null : sentenceOf(trainings), trainings, control: controlTimeOf(record) };
}

function controlTimeOf({ trainings = {} }: Facts): ControlTime | null {
  const [seconds, contrastSeconds] = [
    trainings['control']?.updateSeconds,
    trainings['contrast']?.updateSeconds,
  ];
  if (seconds === undefined || contrastSeconds === undefined || !(contrastSeconds > 0)) return null;
  const ratio = seconds / contrastSeconds;
  const alike = Math.abs(ratio - 1) <= apart;
  const verdict = alike
    ? 'the same within 10 %'
    : 'not the same within 10 %: they do not compare at equal time';
  return {
    seconds,
    contrastSeconds,
    ratio,
    alike,
    sentence:
      `The updates of the control took ${durationInWords(seconds)}, ${ratio.toFixed(2)} of the `
      + `${durationInWords(contrastSeconds)} of the contrast: ${verdict}.`,
  };
}

/** What has to be known before the compared are compared: one sentence each. */
export const unequalIn = (budgets: Budgets | null): string[] =>
  [
    budgets?.sentence ?? [],
    budgets?.control && !budgets.control.alike ? budgets.control.sentence : [],
  ].flat();

/** Updates that a training really made: one that ended early, was stopped on its way or told to make more
 *  made others than it was configured to. Null: it has no result. */
export function madeUpdates(record: Facts, training: string): number | null {
  return spentOn(record, training)?.updates ?? null;
}

function spentOn(record: Facts, training: string): Spent | null {
  const section = sectionOf(record.config, training as TrainingName);
  if (section === null) return null;
  // records of the first version have no trainings
  const updates =
    earlyEnd(record, training)?.made
    ?? (record.trainings === undefined ? section.updates : record.trainings[training]?.updates);
  return typeof updates === 'number' ? { updates, batchSize: section.batchSize } : null;
}

/** That may be compared with the contrast, of a configuration's section `baselines`. */
const baselines: readonly TrainingName[] = [
  'flow-mle',
  'nce-standard',
  'nce-matched',
  'control',
  'vae',
  'dcgan',
];

/** What is not known is equal to nothing else. */
function examplesOf({ training, updates, batchSize, before }: Budget): number | string {
  return before === 'given'
    ? `${training}: not known`
    : updates * batchSize + (before ? before.updates * before.batchSize : 0);
}

const sentenceOf = (trainings: readonly Budget[]): string =>
  'Budgets differ. '
  + `${trainings.map((one) => `${trainingName(one.training).short}: ${textOf(one)}`).join('; ')}.`;

function textOf({ before, ...own }: Budget): string {
  const after =
    before === null
      ? ''
      : before === 'given'
        ? ', from a flow that was given, whose own training is not known'
        : `, after ${spentText(before)} by maximum likelihood`;
  return `${spentText(own)}${after}`;
}

const spentText = ({ updates, batchSize }: Spent): string =>
  `${count(updates)} updates of ${count(batchSize)}`;
