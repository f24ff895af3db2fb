/** Metrics lines sorted into curves: one for each metric, training and, where there are two, player. */
import { isMixed, ownFigure, type PlayerWithFigures } from '../health/player-figures.ts';
import type { MetricsLine } from './contract.ts';
import type { Point, Series } from './curve.ts';
import { lineStyle, modelName, trainingName } from './model-names.ts';

export interface Curve extends Series {
  readonly training: string;
  readonly player: PlayerWithFigures | null;
  /** Of updates that led to a divergence and were taken back: the update at which it was seen. */
  readonly diverged: number | null;
}

/** Of a line of earlier versions, which says whose turn it was and has no names of players, these belong to
 *  the player who moved. */
export const ofTheTurn: ReadonlySet<string> = new Set(['learningRate', 'gradNorm', 'loss']);

/** These are the flow's, whoever moved. */
const ofTheFlow = new Set(['bitsPerDim', 'logProb', 'logProbShift', 'maxSample']);

/** By metric, without the player's suffix: `mse.flow` and `mse.ebm` are two curves of `mse`. */
export function trainingSeries(metrics: readonly MetricsLine[]): Map<string, Curve[]> {
  const points = new Map<string, Entry>();
  for (const line of metrics) {
    for (const [name, value] of Object.entries(line)) {
      if (name === 'update' || name === 'diverged' || typeof value !== 'number' || isMixed(name, line))
        continue;
      const { metric, player } = owner(name, line);
      if (metric === 'updates' && line.training !== 'contrast' && line.training !== 'dcgan') continue;
      const diverged = typeof line['diverged'] === 'number' ? line['diverged'] : null;
      const key = JSON.stringify([metric, line.training, player, diverged]);
      const entry = points.get(key) ?? { metric, training: line.training, player, diverged, points: [] };
      entry.points.push([line.update, value]);
      points.set(key, entry);
    }
  }
  return grouped([...points.values()]);
}

interface Entry {
  readonly metric: string;
  readonly training: string;
  readonly player: PlayerWithFigures | null;
  readonly diverged: number | null;
  readonly points: Point[];
}

function owner(
  name: string,
  line: MetricsLine,
): { readonly metric: string; readonly player: PlayerWithFigures | null } {
  const counted = name.match(/^(ebm|flow|discriminator|generator)Updates$/);
  if (counted) return { metric: 'updates', player: counted[1] as PlayerWithFigures };
  // of labels, not of data against noise
  if (name === 'accuracy' && line.training === 'features') return { metric: 'accuracy.labels', player: null };
  const own = ownFigure(name);
  if (own !== null) return own;
  if (ofTheFlow.has(name)) return { metric: name, player: 'flow' };
  const turn = line.turn === 'ebm' || line.turn === 'flow' ? line.turn : null;
  return { metric: name, player: ofTheTurn.has(name) ? turn : null };
}

function grouped(entries: readonly Entry[]): Map<string, Curve[]> {
  const byMetric = new Map<string, Curve[]>();
  for (const { metric, training, player, diverged, points } of entries) {
    const ordered = points.sort((a, b) => a[0] - b[0]);
    const seen = look(training, player);
    byMetric.set(metric, [
      ...(byMetric.get(metric) ?? []),
      { training, player, diverged, points: ordered, ...(diverged === null ? seen : lost(seen, diverged)) },
    ]);
  }
  for (const curves of byMetric.values()) curves.sort((a, b) => drawn(a) - drawn(b));
  return byMetric;
}

/** Baselines first, the EBM of the contrast last: what is drawn last lies on top. */
function drawn({ training, player }: Curve): number {
  if (training === 'contrast') return player === 'flow' ? 4 : 5;
  return ['flow-mle', 'control', 'pretrain', 'vae', 'dcgan', 'nce-standard', 'nce-matched'].indexOf(training);
}

const lost = (
  { label }: Pick<Series, 'label' | 'style'>,
  update: number,
): Pick<Series, 'label' | 'style'> => ({
  label: `${label}, diverged at ${update}`,
  style: { colour: 'var(--event)', dash: '1 2' },
});

function look(training: string, player: PlayerWithFigures | null): Pick<Series, 'label' | 'style'> {
  const { short, model } = trainingName(training);
  if (player === 'discriminator')
    return { label: `${short}, discriminator`, style: { ...lineStyle(model), dash: '2 3' } };
  if (player === 'generator') return { label: `${short}, generator`, style: lineStyle(model) };
  if (training !== 'contrast') return { label: short, style: lineStyle(model) };
  const shown = player === 'flow' ? 'flowFce' : 'ebmFce';
  return { label: player === null ? short : modelName(shown).short, style: lineStyle(shown) };
}
