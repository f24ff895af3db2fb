/** What to do about a file that is missing or differs. */
import type { Finding } from './finding.ts';

export interface Context {
  readonly id: string;
  /** That makes such a run again; null where nothing says it. */
  readonly command: string | null;
  readonly invocation: string;
}

export function remedyOf({ file, part }: Finding, { id, command, invocation }: Context): string {
  const again = `\`${invocation} resume ${id} --repair\``;
  if (part === 'record')
    return `Remove ${id}/run.json, then ${again} writes it anew from the steps that are remembered.`;
  if (part === 'request')
    return command === null
      ? `${file} cannot be made anew: start the run again.`
      : `${file} cannot be made anew, and without it the run cannot be resumed; \`${command}\` makes `
          + 'such a run again.';
  if (part === 'history')
    return `Remove ${id}/history/index.json: the next worker exports again what the server still remembers.`;
  return (
    `${again} finds what is whole, computes anew what is not and writes the run's files again; with `
    + 'the version that made it, to the same bytes.'
  );
}
