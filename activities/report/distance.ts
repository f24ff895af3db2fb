/** The distance between samples and data that a run measured, and what it may be called: an FID only in the
 *  features of the FID Inception network. */
import type { ReportRecord } from './contract.ts';
import { byDottedName } from '../config/dotted.ts';
import { count } from './number-format.ts';
import { resultsByModel } from './results.ts';

export interface Distance {
  readonly measure: 'fid' | 'frechet';
  readonly name: string;
  /** The network, the samples and what they were held against, as far as the results tell. */
  readonly terms: string;
  readonly ofModel: ReadonlyMap<string, number>;
}

/** null where none was measured. An FID is preferred where both were. */
export function distanceOf({ results }: Pick<ReportRecord, 'results'>): Distance | null {
  const measures = resultsByModel(results);
  const told = byDottedName(results);
  for (const measure of ['fid', 'frechet'] as const) {
    const ofModel = measures.get(measure);
    if (ofModel === undefined) continue;
    const [network, samples, against] = ['network', 'samples', 'against'].map((part) =>
      told.get(`${measure}.${part}`),
    );
    const terms = [
      network !== undefined && `features of ${String(network)}`,
      typeof samples === 'number' && `${count(samples)} samples`,
      against !== undefined && `against ${String(against)}`,
    ]
      .filter((part) => part !== false)
      .join(', ');
    return { measure, name: measure === 'fid' ? 'FID' : 'Fréchet distance', terms, ofModel };
  }
  return null;
}
