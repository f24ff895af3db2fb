/** How the user called us, for hints that can be typed as they are: through `npm start --`, or as the installed `counterflow`. */
export const invocation = process.env['npm_lifecycle_event'] === 'start' ? 'npm start --' : 'counterflow';

/** Quotes an argument for the shell where it needs it. */
export function shellQuoted(argument: string): string {
  return /^[\w./:=@,+-]+$/.test(argument) ? argument : `'${argument.replaceAll('\'', `'\\''`)}'`;
}
