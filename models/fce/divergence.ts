/** When a training has diverged. Pure functions of the metrics; the workflow decides what to do about it. */

export type DivergenceRule = 'non-finite' | 'value-bound' | 'stuck-accuracy' | 'sample-range';
