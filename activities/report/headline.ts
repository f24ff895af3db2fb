/** The one figure that a run is known by where runs are listed. */
import { byDottedName } from '../config/dotted.ts';
import { listedResults } from './results.ts';

export interface Headline {
  /** Dotted name of a result. */
  readonly name: string;
  /** Text where it is not finite. */
  readonly value: number | string;
}

/** What the paper compares the method by: the EBM's error in two dimensions, the flow's distance of images,
 *  else its bits per dimension. */
const first = ['mse.ebmFce', 'fid.flowFce', 'frechet.flowFce', 'bitsPerDim.flowFce'] as const;

/** Null where there are no results; the first that is listed where a run has none of those. */
export function headlineOf(results: unknown): Headline | null {
  const named = byDottedName(results);
  const [name, value] =
    first.map((one) => [one, named.get(one)] as const).find(([, one]) => one !== undefined)
    ?? listedResults(results)[0]
    ?? [];
  return name !== undefined && (typeof value === 'number' || typeof value === 'string')
    ? { name, value }
    : null;
}
