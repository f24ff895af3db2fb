/** Whose a figure of a metrics line is. Of a training with several players, what tells of one of them stands
 *  under that player's name in every line (`gradNorm.ebm`, as `mse.ebm`), and under its bare name in the
 *  lines of that player's moves: one curve of those would mix the players. */

export const players = ['ebm', 'flow', 'discriminator', 'generator'] as const;
export type PlayerWithFigures = (typeof players)[number];

/** `gradNorm.ebm` -> gradNorm of ebm; null for a name without a player's. */
export function ownFigure(
  name: string,
): { readonly metric: string; readonly player: PlayerWithFigures } | null {
  const dot = name.lastIndexOf('.');
  const player = players.find((one) => one === name.slice(dot + 1));
  return dot > 0 && player !== undefined ? { metric: name.slice(0, dot), player } : null;
}

/** It is the figure of whoever moved, and the line has it under the players' names too. */
export const isMixed = (name: string, line: Readonly<Record<string, unknown>>): boolean =>
  players.some((player) => `${name}.${player}` in line);
