/** Decisions of a run as a command says them: each once, and those of before the command began apart from its
 *  own. */
import type { Decision } from '../../../activities/contracts/decision.ts';
import type { Display } from './display.ts';

/** What an execution found on the disk, or waited for, is news of that execution however often it is said in
 *  the same words. */
const ofOneExecution: ReadonlySet<Decision['what']> = new Set(['reused', 'repaired', 'waited']);

export class DecisionsSaid {
  readonly #display: Pick<Display, 'say'>;
  readonly #known = new Map<string, Decision>();
  /** How many of each an execution that goes on from artifacts may come to once more. */
  #again = new Map<string, number>();

  /** `before`: those that the record had when the command began; the display is given them at once. */
  constructor(runId: string, before: readonly Decision[], display: Pick<Display, 'say' | 'recall'>) {
    this.#display = display;
    for (const decision of before) this.#known.set(exactly(decision), decision);
    if (before.length > 0)
      display.recall(
        runId,
        before.map(({ sentence }) => sentence),
      );
  }

  /** `decisions`: all that the run has taken so far. Those that were not said yet are, also where they come
   *  in between. */
  hear(decisions: readonly Decision[]): void {
    for (const decision of decisions) {
      const key = exactly(decision);
      if (this.#known.has(key)) continue;
      if (isResumption(decision)) this.#again = counted([...this.#known.values()]);
      this.#known.set(key, decision);
      if (!this.#isTakenAgain(decision)) this.#display.say(decision.sentence);
    }
  }

  #isTakenAgain(decision: Decision): boolean {
    const left = this.#again.get(alike(decision)) ?? 0;
    if (left > 0) this.#again.set(alike(decision), left - 1);
    return left > 0;
  }
}

function counted(decisions: readonly Decision[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const decision of decisions) {
    if (ofOneExecution.has(decision.what) || isResumption(decision)) continue;
    counts.set(alike(decision), (counts.get(alike(decision)) ?? 0) + 1);
  }
  return counts;
}

/** That a new execution took up the work of an earlier one, whose decisions it comes to again. */
const isResumption = ({ what, training }: Decision): boolean => what === 'resumed' && training === undefined;

/** A message keeps its number; what it is said to replace is known only where it has been heeded. */
const exactly = ({ at, what, training, sentence, details }: Decision): string =>
  JSON.stringify([at, what, training, what === 'told' ? details?.['number'] : sentence]);

/** A training that goes through the same updates again decides the same, at another time. */
const alike = ({ what, training, sentence }: Decision): string => JSON.stringify([what, training, sentence]);
