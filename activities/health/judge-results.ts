/** Which of a run's results mean nothing, by themselves. Pure. */
import { byDottedName } from '../config/dotted.ts';
import type { Warning } from './warning.ts';

/** Below it a handful of samples carries the whole estimate of log Z, and its standard error, made of the
 *  same weights, does not show it. */
export const fewestEffectiveSamples = 10;
/** Of 8-bit values that are all as likely. */
const uniformBits = 8;

const notFinite: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity']);

/** `results`: nested or by dotted names, as evaluations write them: what is not finite stands as text. */
export function judgeResults(results: unknown): Warning[] {
  const entries = [...byDottedName(results)];
  return [...unfinished(entries), ...worthless(entries), ...unsure(entries)];
}

type Entries = readonly (readonly [string, unknown])[];

function unfinished(entries: Entries): Warning[] {
  const names = entries
    .filter(([, value]) => notFinite.has(value))
    .map(([name, value]) => `${name} (${String(value)})`);
  const samples = entries
    .filter(
      ([name, value]) => name.startsWith('samples.nonFinite.') && typeof value === 'number' && value > 0,
    )
    .map(([name, value]) => `${String(value)} samples (${name})`);
  const all = [...names, ...samples];
  return all.length === 0
    ? []
    : [
        {
          what: 'not-finite',
          sentence:
            `Not finite: ${all.join(', ')}. A model whose numbers overflow has not been trained: its `
            + 'other figures mean nothing either.',
          details: { results: all.join(', ') },
        },
      ];
}

function worthless(entries: Entries): Warning[] {
  const worse = entries.filter(
    ([name, value]) => /^bitsPerDim\.\w+$/.test(name) && typeof value === 'number' && value > uniformBits,
  );
  return worse.map(([name, value]) => ({
    what: 'worse-than-uniform',
    details: { result: name, bitsPerDim: value as number },
    sentence:
      `${name} is ${String(Number((value as number).toPrecision(4)))}: images of random bytes would `
      + `have ${uniformBits}. This density knows nothing of the data.`,
  }));
}

function unsure(entries: Entries): Warning[] {
  return entries.flatMap(([name, value]): Warning[] => {
    const model = /^logNormalizer\.(\w+)\.effectiveSamples$/.exec(name)?.[1];
    if (model === undefined || typeof value !== 'number' || value >= fewestEffectiveSamples) return [];
    return [
      {
        what: 'log-normalizer',
        details: { model, effectiveSamples: value },
        sentence:
          `The importance estimate of log Z of ${model} means nothing: `
          + `${String(Number(value.toPrecision(2)))} effective samples carry it, fewer than `
          + `${fewestEffectiveSamples}. So do the bits/dim made of it.`,
      },
    ];
  });
}

/** Names of results that a warning says mean nothing. */
export function meaningless(results: unknown): ReadonlyMap<string, string> {
  const unsureModels = unsure([...byDottedName(results)]).map(({ details }) => details);
  return new Map(
    unsureModels.flatMap(({ model, effectiveSamples }) =>
      [
        `logNormalizer.${model}.importance`,
        `logNormalizer.${model}.importanceError`,
        `bitsPerDim.importance.${model}`,
      ].map(
        (name) =>
          [
            name,
            `means nothing (effective samples: ${String(Number(Number(effectiveSamples).toPrecision(2)))})`,
          ] as const,
      ),
    ),
  );
}
