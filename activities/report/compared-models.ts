/** Which training of a configuration gives which model of the results. */
import type { ReportRecord } from './contract.ts';
import { resultsByModel } from './results.ts';

export interface ComparedModel {
  /** In the configuration's section `baselines`. */
  readonly key: string;
  readonly training: string;
  readonly model: string;
}

const baselines: readonly ComparedModel[] = [
  { key: 'flowMle', training: 'flow-mle', model: 'flowMle' },
  { key: 'nceStandard', training: 'nce-standard', model: 'ebmNceStandard' },
  { key: 'nceMatched', training: 'nce-matched', model: 'ebmNceMatched' },
  { key: 'control', training: 'control', model: 'flowControl' },
  { key: 'vae', training: 'vae', model: 'vae' },
  { key: 'dcgan', training: 'dcgan', model: 'dcgan' },
];
const ofPoints: readonly string[] = ['flowMle', 'nceStandard', 'nceMatched'];

export interface Compared {
  readonly included: readonly ComparedModel[];
  /** Known for data of this kind, and left out of this experiment. */
  readonly leftOut: readonly ComparedModel[];
}

export function comparedModels({ config, results }: ReportRecord): Compared {
  const possible = baselines.filter(({ key }) =>
    config.dataset.kind === 'toy' ? ofPoints.includes(key) : !ofPoints.includes(key) || key === 'flowMle',
  );
  const measured = new Set([...resultsByModel(results).values()].flatMap((column) => [...column.keys()]));
  const included = possible.filter(
    ({ key, model }) => (config.baselines as Readonly<Record<string, unknown>>)[key] || measured.has(model),
  );
  // images are pretrained: their flow before the contrast is the one by maximum likelihood
  return {
    included,
    leftOut: possible.filter(
      (one) => !included.includes(one) && !(one.model === 'flowMle' && config.pretrain !== null),
    ),
  };
}

/** In the tables even where they have no figure, which is then explained. */
export function expectedModels(record: ReportRecord): string[] {
  const before = record.initialFlow ? ['flowInitial'] : record.config.pretrain === null ? [] : ['flowMle'];
  return [
    ...new Set([
      ...comparedModels(record).included.map(({ model }) => model),
      ...before,
      'flowFce',
      'ebmFce',
    ]),
  ];
}

/** The training that gives a model by itself; null for the two of the contrast, and for what is no
 *  training's. */
export function trainingOfModel(model: string, record: ReportRecord): string | null {
  const one = comparedModels(record).included.find((compared) => compared.model === model);
  return one?.training ?? (model === 'flowMle' && record.config.pretrain !== null ? 'pretrain' : null);
}
