/** The flow a run started from, where it was given as a file. */
import type { ReportRecord } from './contract.ts';

/** File name, what it is, and the beginning of its hash. */
export const givenFlowText = ({ name, source, sha256 }: NonNullable<ReportRecord['initialFlow']>): string =>
  `${name} (${source}, sha256 ${sha256.slice(0, 12)})`;
