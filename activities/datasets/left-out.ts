/** What a folder holds beside the images that were taken, with counts and a few names. */
import { basename, extname } from 'node:path';
import type { DatasetNote } from '../contracts/dataset.ts';

/** Pictures that other programs read. */
const otherFormats = new Set([
  '.ppm',
  '.pgm',
  '.pbm',
  '.pnm',
  '.bmp',
  '.tga',
  '.heic',
  '.heif',
  '.jp2',
  '.jxl',
  '.svg',
  '.psd',
  '.exr',
  '.hdr',
  '.ico',
  '.dng',
]);
const mostNames = 3;
const mostEndings = 5;

export interface Found {
  readonly dataDir: string;
  /** No images by their names. */
  readonly others: readonly string[];
  /** Images by their names. */
  readonly unreadable: readonly string[];
  readonly noFiles: readonly string[];
  /** Links to images that have another name, and to folders that have one. */
  readonly again: ReadonlyMap<string, string>;
}

/** null where nothing was left out. */
export function leftOutOf({ dataDir, others, unreadable, noFiles, again }: Found): DatasetNote | null {
  const isPicture = (name: string): boolean => otherFormats.has(extname(name).toLowerCase());
  const [pictures, rest] = [others.filter(isPicture), others.filter((name) => !isPicture(name))];
  const parts = [
    part(
      pictures.length,
      'picture of a format that is not read',
      'pictures of formats that are not read',
      `${byEnding(pictures)}; convert to PNG what is to be taken`,
    ),
    part(
      rest.length,
      'file that is no image by its name',
      'files that are no images by their names',
      byEnding(rest),
    ),
    part(unreadable.length, 'image that could not be read', 'images that could not be read', few(unreadable)),
    part(
      noFiles.length,
      'link or device with no file behind it',
      'links or devices with no file behind them',
      few(noFiles),
    ),
    part(
      again.size,
      'link to what is taken by another name',
      'links to what is taken by another name',
      few([...again].map(([name, other]) => `${name}: ${other || 'the folder itself'}`)),
    ),
  ].flat();
  if (parts.length === 0) return null;
  return {
    what: 'left-out',
    sentence: `Left out of the folder ${basename(dataDir)}: ${parts.join(', ')}.`,
    details: { otherFiles: others.length, unreadable: unreadable.length, links: noFiles.length + again.size },
  };
}

const part = (count: number, one: string, many: string, which: string): string[] =>
  count === 0 ? [] : [`${count} ${count === 1 ? one : many} (${which})`];

/** The most frequent first. */
function byEnding(names: readonly string[]): string {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const ending = extname(name).toLowerCase() || 'without an ending';
    const group = groups.get(ending) ?? [];
    group.push(name);
    groups.set(ending, group);
  }
  const sorted = [...groups].sort(([, a], [, b]) => b.length - a.length);
  const shown = sorted
    .slice(0, mostEndings)
    .map(([ending, some]) => `${sorted.length === 1 ? '' : `${some.length} `}${ending}: ${few(some)}`);
  return [
    ...shown,
    ...(sorted.length > mostEndings ? [`${sorted.length - mostEndings} endings more`] : []),
  ].join('; ');
}

const few = (names: readonly string[]): string =>
  `${names.slice(0, mostNames).join(', ')}${names.length > mostNames ? ', ...' : ''}`;
