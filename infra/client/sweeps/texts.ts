/** Values, means and seeds of a sweep as they are written. */
import type { Summary } from '../../../models/metrics/replicates.ts';
import { number } from '../../base/format.ts';

/** Mean, deviation, interval; what one value does not say is left open. */
export const summaryCells = ({ mean, deviation, interval }: Summary): string[] => [
  mean === null ? '-' : number(mean),
  deviation === null ? '-' : number(deviation),
  intervalText(interval),
];

export const intervalText = (interval: Summary['interval']): string =>
  interval === null ? '-' : `${number(interval[0])} to ${number(interval[1])}`;

export const seedsText = (seeds: readonly number[]): string =>
  seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`;

export const valueText = (value: unknown): string =>
  typeof value === 'number' ? number(value) : typeof value === 'string' ? value : JSON.stringify(value);
