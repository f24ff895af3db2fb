/** Where progress goes: a few lines that update in place on a terminal, plain lines elsewhere. */
import { createLogUpdate } from 'log-update';
import { invocation } from '../../base/invocation.ts';
import type { RunView } from '../../client/runs/active-step.ts';
import type { Display } from '../../client/runs/display.ts';
import { colorsFor } from '../lines/colors.ts';
import { plainLine, progressLines } from '../lines/progress-lines.ts';

const plainEveryMs = 10_000;

export function createDisplay(stream: NodeJS.WriteStream = process.stdout): Display {
  const { CI, TERM } = process.env;
  return stream.isTTY && !CI && TERM !== 'dumb' ? terminalDisplay(stream) : plainDisplay(stream);
}

function terminalDisplay(stream: NodeJS.WriteStream): Display {
  const update = createLogUpdate(stream);
  const colors = colorsFor(stream);
  let last: RunView | null = null;
  const render = (): void => {
    // one column is left free: a line as wide as the terminal wraps on some
    if (last) update(progressLines(last, Math.max(40, stream.columns - 1), colors).join('\n'));
  };
  stream.on('resize', render);
  const say = (line: string): void => {
    update.clear();
    stream.write(`${line}\n`);
    render();
  };
  return {
    show(view) {
      last = view;
      render();
    },
    say,
    recall: (runId, sentences) => say(recallText(runId, sentences)),
    close() {
      stream.off('resize', render);
      last = null;
      update.clear();
      update.done();
    },
  };
}

function plainDisplay(stream: NodeJS.WritableStream): Display {
  let written: { readonly stage: string | null; readonly at: number } | null = null;
  return {
    show(view) {
      if (written === null && view.uiUrl) stream.write(`Temporal UI ${view.uiUrl}\n`);
      const now = performance.now();
      if (written && written.stage === view.stage && now - written.at < plainEveryMs) return;
      written = { stage: view.stage, at: now };
      stream.write(`${plainLine(view)}\n`);
    },
    say: (line) => void stream.write(`${line}\n`),
    recall: (runId, sentences) => void stream.write(`${recallText(runId, sentences)}\n`),
    close: () => undefined,
  };
}

const recallText = (runId: string, { length }: readonly string[]): string =>
  `Before: ${length === 1 ? '1 decision' : `${length} decisions`}, see \`${invocation} show ${runId}\`.`;
