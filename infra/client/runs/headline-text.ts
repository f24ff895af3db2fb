import type { Headline } from '../../../activities/report/headline.ts';
import { number } from '../../base/format.ts';

/** `mse.ebmFce 0.00212`, as lists of runs have it; `until` is the update that the run was to end at. */
export const headlineText = ({ name, value }: Headline, until?: number): string =>
  `${name} `
  + `${typeof value === 'number' ? number(value) : value}${until === undefined ? '' : `, until update ${until}`}`;
