/** Why a step was computed or reused, in one sentence. */
import type { LineagePart, TracedStep } from './lineage.ts';

const names: Readonly<Record<LineagePart, string>> = {
  configuration: 'the configuration',
  input: 'an input',
  code: 'the code',
  version: 'a version',
  device: 'the device',
  threads: 'the number of threads',
  salt: 'the run (--fresh shares its steps with no other)',
};

export function reasonOf({ activity, reused, reason, nearest, circumstances }: TracedStep): string {
  if (reused) return reason;
  if (activity === null) return `${reason}; the store does not know its output any more`;
  if (nearest === null)
    return `${reason}: it is the first of its kind here, nothing of the same data was like it`;
  const parts = [...new Set(nearest.differences.map(({ part }) => part))];
  const like = `what ${nearest.run ?? 'a run that is gone'} had computed on ${nearest.at.slice(0, 10)}`;
  if (parts.length > 0)
    return `it differs from ${like} in ${new Intl.ListFormat('en').format(parts.map((part) => names[part]))}`;
  return circumstances === null ? `${reason}; in which code and versions ${like} is not remembered` : reason;
}
