/** A training of a flow, of an EBM, or of both. */
import type { Ebm } from '../ebm/ebm.ts';
import type { Flow } from '../flow/bijection.ts';
import type { Training } from '../training/training.ts';
import type { FceConfig, MleConfig, NceConfig } from './config.ts';

export interface DensityTraining extends Training {
  readonly config: MleConfig | NceConfig | FceConfig;
  readonly flow?: Flow;
  readonly ebm?: Ebm;
}
