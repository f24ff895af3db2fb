/** What was run and what came out, in one paragraph of plain sentences. */
import { dataSeedOf } from '../config/data-seed.ts';
import { dataName } from '../datasets/data-name.ts';
import { budgetsOf, madeUpdates, unequalIn } from './budgets.ts';
import type { ReportRecord } from './contract.ts';
import { dataFacts } from './data-facts.ts';
import { distanceOf, type Distance } from './distance.ts';
import { earlyEnd } from './early-end.ts';
import { givenFlowText } from './given-flow.ts';
import { html, type Markup } from './html.ts';
import { count, durationInWords, fixed, significant } from './number-format.ts';
import { resultsByModel, type Results } from './results.ts';

export function abstract(record: ReportRecord): Markup {
  const results = resultsByModel(record.results);
  const outcome =
    record.config.dataset.kind === 'toy'
      ? toyOutcome(results)
      : imageOutcome(results, distanceOf(record), controlSentence(record));
  const unequal = unequalIn(budgetsOf(record)).join(' ');
  return html`<p class="abstract"><b>Abstract.</b> ${setting(record)} ${unequal === '' ? '' : `${unequal} `}${outcome}</p>`;
}

const dataNames: Readonly<Record<string, string>> = {
  'eight-gaussians': 'the mixture of eight Gaussians',
  pinwheel: 'the pinwheel density',
  spiral: 'the spiral density',
  folder: 'a folder of images',
  npz: 'an archive of images',
};

function setting(record: ReportRecord): string {
  const { config, partialData, seed } = record;
  const { contrast, dataset } = config;
  const name =
    dataName(dataset) ?? dataNames[dataset.kind === 'toy' ? dataset.density : dataset.kind] ?? dataset.kind;
  const data = dataset.kind === 'folder' ? (dataFacts(record).source ?? name) : name;
  const likelihood =
    contrast.lambda > 0 ? `, with a likelihood term of weight ${contrast.lambda} in the flow’s step` : '';
  return `${flowSentence(config.models.flow)} and ${ebmSentence(config.models.ebm)} are trained against each other by flow contrastive estimation on ${partialData ? 'a part of ' : ''}${data}, for ${updatesOf(record)}, with batches of ${count(contrast.batchSize)} and seed ${seed}${likelihood}. ${startOf(record)}.${drawnSentence(record)}`;
}

function drawnSentence({ config }: ReportRecord): string {
  const seed = dataSeedOf(config);
  return seed === null ? '' : ` The points were drawn with seed ${seed}.`;
}

function startOf(record: ReportRecord): string {
  const {
    config: { pretrain },
    initialFlow,
  } = record;
  if (initialFlow) return `The flow started from ${givenFlowText(initialFlow)}`;
  return pretrain === null
    ? 'The flow starts from random weights'
    : 'The flow is first trained by maximum likelihood for '
        + `${count(madeUpdates(record, 'pretrain') ?? pretrain.updates)} updates`;
}

function updatesOf(record: ReportRecord): string {
  const players = 'updates of both players together';
  const end = earlyEnd(record, 'contrast');
  const {
    until,
    trainings,
    config: { contrast },
  } = record;
  if (end === null)
    return (
      `${until === undefined ? '' : `the first ${count(trainings?.contrast?.updates ?? until)} of `}${count(contrast.updates)} `
      + `${players}`
    );
  const made = end.made === end.planned ? count(end.made) : `${count(end.made)} of ${count(end.planned)}`;
  const result =
    end.result === 0
      ? 'what it started from: its samples were closest to held-out images'
      : `the checkpoint after ${count(end.result)}, whose samples were closest to held-out images`;
  return `${made} ${players} (the result is ${result})`;
}

function flowSentence(flow: ReportRecord['config']['models']['flow']): string {
  return flow.kind === 'vector'
    ? `A Glow flow of ${flow.couplings} affine couplings (width ${flow.width})`
    : `A Glow flow of ${flow.levels} levels with ${flow.depth} steps each (width ${flow.width})`;
}

function ebmSentence(ebm: ReportRecord['config']['models']['ebm']): string {
  return ebm.kind === 'dense'
    ? `a fully connected energy-based model (EBM; ${ebm.hiddenLayers} hidden layers of ${ebm.width})`
    : `a convolutional energy-based model (EBM; channels ${ebm.channels.join(', ')})`;
}

const opponents = [
  ['ebmNceStandard', 'noise contrastive estimation (NCE) against a standard normal'],
  ['ebmNceMatched', 'NCE against a Gaussian matched to the data’s moments'],
  ['flowMle', 'Glow trained by maximum likelihood'],
] as const;

function toyOutcome(results: Results): string {
  const mse = results.get('mse') ?? new Map<string, number>();
  const [ebm, flow] = [mse.get('ebmFce'), mse.get('flowFce')];
  if (ebm === undefined) return 'The run has no result for the EBM.';
  const comparisons = [
    compared('lower than', (value) => ebm < value && !sameAs(ebm, value), mse),
    compared('equal to', (value) => sameAs(ebm, value), mse),
    compared('higher than', (value) => ebm > value && !sameAs(ebm, value), mse),
  ].filter((part) => part !== null);
  return (
    `On held-out points the EBM’s log-density has a mean squared error of ${significant(ebm)} nats²`
    + (comparisons.length > 0 ? `, ${comparisons.join(', but ')}.` : '.')
    + (flow === undefined ? '' : ` That of the flow beside it is ${significant(flow)} nats².`)
  );
}

/** As they are printed. */
const sameAs = (a: number, b: number): boolean => significant(a) === significant(b);

function compared(
  relation: string,
  holds: (value: number) => boolean,
  mse: ReadonlyMap<string, number>,
): string | null {
  const parts = opponents.flatMap(([name, words]) => {
    const value = mse.get(name);
    return value !== undefined && holds(value) ? [`${words} (${significant(value)})`] : [];
  });
  return parts.length === 0 ? null : `${relation} ${new Intl.ListFormat('en').format(parts)}`;
}

/** Its time and the contrast's, as they were spent: the configuration only aims at their being equal. */
function controlSentence({ trainings = {} }: ReportRecord): string {
  const [control, contrast] = [trainings.control?.updateSeconds, trainings.contrast?.updateSeconds];
  const times =
    control === undefined || contrast === undefined
      ? ''
      : `, ${durationInWords(control)} of updates where the contrast had ${durationInWords(contrast)}`;
  return ` The control is the same flow after more maximum likelihood${times}.`;
}

function imageOutcome(results: Results, distance: Distance | null, control: string): string {
  const bits = results.get('bitsPerDim');
  const change = (values: ReadonlyMap<string, number> | undefined, decimals: number): string | null => {
    const [given, pretrained, after, control] = ['flowInitial', 'flowMle', 'flowFce', 'flowControl'].map(
      (model) => values?.get(model),
    );
    const before = given ?? pretrained;
    if (before === undefined || after === undefined) return null;
    return `from ${fixed(before, decimals)} to ${fixed(after, decimals)}${control === undefined ? '' : ` (control: ${fixed(control, decimals)})`}`;
  };
  const [bitsChange, distanceChange] = [change(bits, 3), change(distance?.ofModel, 2)];
  if (bitsChange === null && distanceChange === null)
    return 'The run has no result before and after the contrast.';
  const parts = [
    ...(distance === null || distanceChange === null
      ? []
      : [`the ${distance.name} of the flow’s samples (${distance.terms}) goes ${distanceChange}`]),
    ...(bitsChange === null ? [] : [`its bits per dimension on test images go ${bitsChange}`]),
  ];
  const controlled = bits?.has('flowControl') || distance?.ofModel.has('flowControl');
  return `Over the contrast ${parts.join(' and ')}.${controlled ? control : ''}`;
}
