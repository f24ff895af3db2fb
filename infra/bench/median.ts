/** The middle of some measurements: what other load does to a few of them does not move it. */
export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
