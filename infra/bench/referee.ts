/** PyTorch as a referee: a Python process kept open that computes only while it is asked, so that the two never share the cores. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../test/golden/pytorch-glow.py', import.meta.url));

/** The Python named by COUNTERFLOW_PYTHON, else python3, where it has PyTorch; null where it has none. */
export function pythonWithTorch(): string | null {
  const python = process.env.COUNTERFLOW_PYTHON ?? 'python3';
  try {
    execFileSync(python, ['-c', 'import torch, numpy'], { stdio: 'ignore', timeout: 120_000 });
    return python;
  } catch {
    return null;
  }
}

export class Referee {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #lines: Interface;

  constructor(python: string) {
    this.#child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout! });
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  /** One request of the script's class Referee: `do` is the method, the rest its arguments. Throws if the process ends. */
  async ask(request: { readonly do: string } & Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`Expected an answer to '${request.do}', got the end of ${script}. What it printed says why.`);
    return JSON.parse(value) as Record<string, unknown>;
  }

  close(): void {
    this.#lines.close();
    this.#child.stdin!.end();
  }
}
