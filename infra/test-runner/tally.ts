/** Counts and words the events of a test run. Suites are not counted, they are sums of their tests;
 *  a file is, when it failed as a whole or holds no test. */
import type { TestEvent } from 'node:test/reporters';

type Finished = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>;

const outputKept = 4000;

const indent = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `        ${line}`)
    .join('\n');

/** node:test wraps what a test threw; the stack has the message in it. */
function reasonOf(error: Error & { cause?: unknown }): string {
  const cause = error.cause ?? error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

export class Tally {
  #passed = 0;
  #failed = 0;
  #file = '';
  readonly #skipped: string[] = [];
  readonly #secondsOfFile = new Map<string, number>();
  readonly #outputOfFile = new Map<string, string>();
  readonly #shown: (file: string) => string;

  /** `shown` shortens a file's path. */
  constructor(shown: (file: string) => string) {
    this.#shown = shown;
  }

  get succeeded(): boolean {
    return this.#failed === 0 && this.#passed > 0;
  }

  /** The lines to print for an event. */
  add(event: TestEvent): string[] {
    const { type, data } = event;
    if (type === 'test:stdout' || type === 'test:stderr') this.#keepOutput(data.file, data.message);
    if (type === 'test:complete' && data.name === data.file)
      this.#secondsOfFile.set(data.file, data.details.duration_ms / 1000);
    if (type !== 'test:pass' && type !== 'test:fail') return [];
    return data.name === data.file
      ? this.#fileFailed(event as Finished, data.file)
      : this.#testEnded(event as Finished);
  }

  /** The lines at the end of the run. */
  closing(): string[] {
    const slowest = [...this.#secondsOfFile].sort((a, b) => b[1] - a[1]).slice(0, 8);
    return [
      slowest.length > 0
        ? '\nSlowest files:'
        : 'No test ran: the names given lead to no file test/**/*.test.ts.',
      ...slowest.map(([file, seconds]) => `${seconds.toFixed(1).padStart(8)} s  ${this.#shown(file)}`),
      ...(this.#skipped.length > 0 ? ['\nSkipped:', ...this.#skipped] : []),
      '',
      `${this.#passed} passed, ${this.#failed} failed, ${this.#skipped.length} skipped`,
    ];
  }

  #keepOutput(file: string | undefined, text: string): void {
    if (file !== undefined)
      this.#outputOfFile.set(file, ((this.#outputOfFile.get(file) ?? '') + text).slice(-outputKept));
  }

  #heading(file: string): string[] {
    if (file === this.#file) return [];
    this.#file = file;
    return [`\n${this.#shown(file)}`];
  }

  #testEnded({ type, data }: Finished): string[] {
    const heading = this.#heading(data.file ?? '');
    const excuse = data.skip ?? data.todo;
    if (excuse !== undefined) {
      this.#skipped.push(
        `  ${this.#shown(data.file ?? '')}: ${data.name}: ${excuse === true ? 'no reason given' : excuse}`,
      );
      return [...heading, `  skip  ${data.name}`];
    }
    if (data.details.type === 'suite') return [];
    if (type === 'test:fail') return [...heading, ...this.#fail(data.name, reasonOf(data.details.error))];
    this.#passed += 1;
    return [...heading, `  ok    ${data.name}`];
  }

  /** node:test reports a file by itself only when no test of it was reported, or its process failed beside
   *  them. */
  #fileFailed({ type, data }: Finished, file: string): string[] {
    const reason =
      type === 'test:pass'
        ? 'It holds no test.'
        : `${reasonOf(data.details.error)}\n${this.#outputOfFile.get(file) ?? ''}`;
    return [...this.#heading(file), ...this.#fail('(the file as a whole)', reason)];
  }

  #fail(name: string, reason: string): string[] {
    this.#failed += 1;
    return [`  FAIL  ${name}`, indent(reason)];
  }
}
