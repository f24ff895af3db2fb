import { exitCodes, type ExitCode } from './exit-codes.ts';

/** What went wrong, as the exit codes of the command line tell it apart. */
export type ErrorKind = Exclude<keyof typeof exitCodes, 'ok'>;

const kinds = new Map(Object.entries(exitCodes).map(([kind, code]) => [code, kind as ErrorKind]));

/** What a user is told in one sentence, never with a stack. The command line ends with `exitCode`; programs
 *  tell errors apart by `kind`. */
export class CounterflowError extends Error {
  override readonly name = 'CounterflowError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }

  get kind(): ErrorKind {
    return kinds.get(this.exitCode) ?? 'failed';
  }

  /** What was expected, and what came. */
  get sentence(): string {
    return this.#parts[0];
  }

  /** What to do about it; null where there is nothing to say. */
  get remedy(): string | null {
    return this.#parts[1];
  }

  /** Every message is written so: a rule and a value, then behind a semicolon, or as sentences of their own,
   *  the remedy. */
  get #parts(): readonly [sentence: string, remedy: string | null] {
    const [, sentence, remedy] = /^(.*?)(?:; |[.!?] (?=[A-Z`-]))(.+)$/s.exec(this.message) ?? [];
    return sentence === undefined || remedy === undefined
      ? [this.message, null]
      : [sentence.endsWith('.') ? sentence : `${sentence}.`, remedy];
  }
}
