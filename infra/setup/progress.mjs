// @ts-check
/** Lines of set-up's progress, on standard error so that `--json` stays clean, each with the seconds since
 *  the start. */

const startedAt = performance.now();

export const secondsSinceStart = () => (performance.now() - startedAt) / 1000;

/** @param {string} line */
export function say(line) {
  process.stderr.write(`${`${secondsSinceStart().toFixed(0)} s`.padStart(6)}  ${line}\n`);
}

/** Waits for `work`, saying every 15 s that it goes on.
 *  @template T @param {string} what @param {Promise<T>} work @returns {Promise<T>} */
export async function during(what, work) {
  const began = performance.now();
  const timer = setInterval(
    () => say(`${what}: ${((performance.now() - began) / 1000).toFixed(0)} s so far`),
    15_000,
  );
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
