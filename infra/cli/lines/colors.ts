/** Colours are for terminals: never in a pipe or a file, whatever CI says, and nowhere with NO_COLOR or on a
 *  terminal that has none. */
import pc from 'picocolors';

export type Colors = ReturnType<typeof pc.createColors>;

export function colorsFor(
  stream: { readonly isTTY?: boolean },
  { NO_COLOR, TERM }: NodeJS.ProcessEnv = process.env,
): Colors {
  return pc.createColors(stream.isTTY === true && !NO_COLOR && TERM !== 'dumb');
}

/** Of what commands print. */
export const colors = colorsFor(process.stdout);
