/** Whether two segments of a training came about in the same way, but for the checkpoints they go on from. */
import type { TracedStep } from './lineage.ts';

export function toldAlike(a: TracedStep, b: TracedStep): boolean {
  return (
    a.reused === b.reused
    && a.computedBy === b.computedBy
    && a.circumstances?.code === b.circumstances?.code
    && shape(a) === shape(b)
  );
}

/** Each segment goes on from a checkpoint of its own. */
function shape({ nearest, reason, reused }: TracedStep): string {
  return nearest === null
    ? reused
      ? ''
      : reason
    : JSON.stringify([
        nearest.run,
        nearest.differences
          .filter(({ name }) => name !== 'checkpoint')
          .map(({ part, name, was, now }) => [name, ...(part === 'input' ? [] : [was, now])]),
      ]);
}
