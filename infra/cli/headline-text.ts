import type { Headline } from '../../activities/report/headline.ts';
import { number } from './format.ts';

/** `mse.ebmFce 0.00212`, as lists of runs have it. */
export const headlineText = ({ name, value }: Headline): string => `${name} ${typeof value === 'number' ? number(value) : value}`;
