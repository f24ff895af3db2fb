/** A curve as one line of text. */
const levels = [...'▁▂▃▄▅▆▇█'];

/** Each column shows the mean of its stretch of values, from the lowest of all columns to the highest. Values
 *  that are no numbers are left out. */
export function sparkLine(values: readonly number[], width: number): string {
  const finite = values.filter(Number.isFinite);
  const columns = Math.min(width, finite.length);
  const means = Array.from({ length: columns }, (_, i) =>
    mean(
      finite.slice(
        Math.floor((i * finite.length) / columns),
        Math.floor(((i + 1) * finite.length) / columns),
      ),
    ),
  );
  const low = means.reduce((a, b) => Math.min(a, b), Infinity);
  const high = means.reduce((a, b) => Math.max(a, b), -Infinity);
  return means
    .map(
      (value) =>
        levels[
          high === low
            ? 3
            : Math.min(levels.length - 1, Math.floor(((value - low) / (high - low)) * levels.length))
        ]!,
    )
    .join('');
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
