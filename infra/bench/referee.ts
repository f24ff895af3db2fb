/** PyTorch as a referee: a Python process kept open that computes only while it is asked, so that the two
 *  never share the cores. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const golden = (name: string): string => fileURLToPath(new URL(`../../test/golden/${name}`, import.meta.url));

/** The Python named by COUNTERFLOW_PYTHON, else python3, where it has these packages; null where it lacks
 *  one. */
export function pythonWith(...packages: string[]): string | null {
  const python = process.env.COUNTERFLOW_PYTHON ?? 'python3';
  try {
    execFileSync(python, ['-c', `import ${packages.join(', ')}`], { stdio: 'ignore', timeout: 120_000 });
    return python;
  } catch {
    return null;
  }
}

export class Referee {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #lines: Interface;

  readonly #script: string;

  /** `script` is one of test/golden. */
  constructor(python: string, script: string, ...args: string[]) {
    this.#script = script;
    this.#child = spawn(python, [golden(script), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout! });
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  /** One request of the script's class Referee: `do` is the method, the rest its arguments. Throws if the
   *  process ends. */
  async ask(
    request: { readonly do: string } & Readonly<Record<string, unknown>>,
  ): Promise<Record<string, unknown>> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#answers.next();
    if (done)
      throw new Error(
        `Expected an answer to '${request.do}', got the end of ${this.#script}. What it printed says why.`,
      );
    return JSON.parse(value) as Record<string, unknown>;
  }

  close(): void {
    this.#lines.close();
    this.#child.stdin!.end();
  }
}
