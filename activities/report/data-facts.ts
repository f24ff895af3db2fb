/** What a record says of its data. Records of earlier versions say less. */
import type { ReportRecord } from './contract.ts';

export interface DataFacts {
  /** One line. */
  readonly source?: string;
  /** What was done to images, one sentence a step. */
  readonly preprocessing?: readonly string[];
  /** What people have to know beside the figures. */
  readonly notes?: readonly string[];
}

export const dataFacts = ({ dataset }: Pick<ReportRecord, 'dataset'>): DataFacts =>
  (dataset ?? {}) as DataFacts;
