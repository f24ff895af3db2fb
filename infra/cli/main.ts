/** Entry of the command line. Whatever a command throws becomes one sentence on stderr and an exit code. */
import { CommanderError } from 'commander';
import { withoutSecrets } from '../temporal/secrets.ts';
import { CounterflowError } from '../base/user-error.ts';
import { colorsFor } from './lines/colors.ts';
import { exitCodes, type ExitCode } from '../base/exit-codes.ts';
import { fatalSentence } from '../worker/fatal-sentence.ts';
import { npmSpeaksFirst, quietInvocation } from '../base/invocation.ts';
import { createProgram } from './program.ts';

// a reader that has seen enough (`counterflow list | head`) is no error
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.ok);
  throw error;
});

if (npmSpeaksFirst && !process.stdout.isTTY && process.argv.includes('--json')) {
  process.stderr.write(
    `Standard output begins with lines of npm's own; \`${quietInvocation} ...\` leaves them out.\n`,
  );
}

try {
  await (await createProgram(process.argv.slice(2))).parseAsync();
} catch (error) {
  process.exitCode = await report(error);
}

async function report(error: unknown): Promise<ExitCode> {
  // commander has printed its own sentence, or the help that was asked for
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.badInput;
  const fatal = error instanceof CounterflowError ? null : await fatalSentence(error);
  const message = withoutSecrets(fatal ?? (error instanceof Error ? error.message : String(error)));
  process.stderr.write(`${colorsFor(process.stderr).red('error:')} ${message}\n`);
  if (error instanceof CounterflowError) return error.exitCode;
  if (process.env['COUNTERFLOW_DEBUG'] && error instanceof Error)
    process.stderr.write(withoutSecrets(`${error.stack}\n`));
  return fatal === null ? exitCodes.failed : exitCodes.environment;
}
