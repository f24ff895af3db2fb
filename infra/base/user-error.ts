import type { ExitCode } from './exit-codes.ts';

/** An end of the command with one sentence for the user and an exit code; never shown with a stack. */
export class CounterflowError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
