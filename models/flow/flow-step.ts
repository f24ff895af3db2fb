/** One step of the flow. Source: Glow, figure 2a */
import { actNorm } from './act-norm.ts';
import { affineCoupling } from './affine-coupling.ts';
import type { Bijection } from './bijection.ts';
import { chain } from './chain.ts';
import type { MixingKind, ScaleConfig } from './config.ts';
import type { CouplingNet } from './coupling-net.ts';
import { invertibleConv } from './invertible-conv.ts';

export interface FlowStepConfig {
  readonly channels: number;
  readonly mixing: MixingKind;
  readonly scale: ScaleConfig;
  /** The coupling's net: channels / 2 -> channels. */
  readonly net: CouplingNet;
  /** The step's name in the whole flow. */
  readonly place: string;
}

export const flowStep = ({ channels, mixing, scale, net, place }: FlowStepConfig): Bijection =>
  chain({
    actNorm: actNorm(channels),
    invertibleConv: invertibleConv(channels, mixing, place),
    coupling: affineCoupling(channels, net, scale),
  });
