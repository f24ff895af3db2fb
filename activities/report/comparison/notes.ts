/** What a reader must know before the results of several runs are held against one another. */
import type { ComparableRecord, ComparedValue } from './compared.ts';
import { labelOf } from './label-of.ts';

export function notesOn(
  records: readonly ComparableRecord[],
  configuration: readonly ComparedValue[],
  circumstances: readonly ComparedValue[],
): string[] {
  const data = configuration.filter(({ name }) => name.startsWith('dataset.')).map(({ name }) => name);
  return [
    ...notShared(records),
    ...(data.length > 0
      ? [`Their data differ (${data.join(', ')}): results of other data are no comparison of methods.`]
      : []),
    ...(circumstances.some(({ name }) => name === 'gitCommit')
      ? ['They were made by different commits of the code.']
      : []),
    ...labelled(
      records,
      ({ environment }) => environment?.['gitDirty'] === true,
      (runs, one) => `The checkout of ${runs} differed from ${one ? 'its' : 'their'} commit.`,
    ),
    ...labelled(
      records,
      ({ status }) => status !== 'completed',
      (runs, one) =>
        `${runs} ${one ? 'is' : 'are'} not completed: what is here is what there was until now, or `
        + 'until the end.',
    ),
    ...labelled(
      records,
      ({ until }) => until !== undefined,
      (runs, one) =>
        `${runs} ${one ? 'ends' : 'end'} before the whole of ${one ? 'its' : 'their'} contrast, as `
        + `${one ? 'it was' : 'they were'} told (--until).`,
    ),
    ...labelled(
      records,
      ({ partialData }) => partialData === true,
      (runs, one) => `${runs} had a part of ${one ? 'its' : 'their'} data set only.`,
    ),
  ];
}

function notShared(records: readonly ComparableRecord[]): string[] {
  const names = [...new Set(records.map(({ experiment }) => experiment))];
  if (names.length < 2) return [];
  const of = names.map(
    (name) =>
      `${name} `
      + `(${list(records.flatMap((record, index) => (record.experiment === name ? [labelOf(index)] : [])))})`,
  );
  return [
    `These are runs of different experiments: ${list(of)}. What only some of them have is left open `
      + 'for the others.',
  ];
}

function labelled(
  records: readonly ComparableRecord[],
  holds: (record: ComparableRecord) => boolean,
  sentence: (runs: string, one: boolean) => string,
): string[] {
  const labels = records.flatMap((record, index) => (holds(record) ? [labelOf(index)] : []));
  return labels.length === 0 ? [] : [sentence(list(labels), labels.length === 1)];
}

const list = (names: readonly string[]): string => new Intl.ListFormat('en').format(names);
