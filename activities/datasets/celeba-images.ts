/** Where CelebA's aligned images lie: in a folder, in one inside another of the same name, as Kaggle's
 *  archive unpacks, or in the official zip. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { dataFile, requireInside } from '../disk/file-inside.ts';
import { BadInputError, MissingDataError } from '../ports/data-errors.ts';
import { imageBytes } from './image-bytes.ts';
import type { InputFile } from './image-source.ts';
import { openImageZip } from './image-zip.ts';
import { listNames } from './list-names.ts';

const folderName = 'img_align_celeba';

/** Their names, and the content of each. */
export interface CelebaImages {
  /** For messages. */
  readonly place: string;
  readonly names: ReadonlySet<string>;
  readonly inputs: (names: readonly string[]) => readonly InputFile[];
  readonly read: (name: string) => Promise<Uint8Array>;
  readonly close?: () => void;
}

/** Throws MissingDataError or BadInputError, and the signal's reason once it is aborted. */
export async function findCelebaImages(dataDir: string, signal?: AbortSignal): Promise<CelebaImages> {
  for (const folder of [join(dataDir, folderName), ...(basename(dataDir) === folderName ? [dataDir] : [])]) {
    if (!existsSync(folder)) continue;
    await requireInside(dataDir, folder);
    const names = await listNames(folder, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      if (error instanceof BadInputError) throw error;
      return null;
    });
    if (names) return inFolder(folder, names);
  }
  const zip = (await dataFile(dataDir, `${folderName}.zip`))?.path;
  if (zip === undefined) throw await missing(dataDir);
  const opened = await openImageZip(
    zip,
    (name) => (name.startsWith(`${folderName}/`) ? basename(name) : null),
    signal,
  );
  return { ...opened, place: zip, inputs: () => [{ name: basename(zip), path: zip }] };
}

function inFolder(folder: string, names: readonly string[]): CelebaImages {
  const inner = `${folderName}/`;
  const nested = names.filter((name) => name.startsWith(inner) && !name.slice(inner.length).includes('/'));
  const isNested = nested.length > 0 && names.every((name) => name.includes('/'));
  const [place, under] = isNested ? [join(folder, folderName), `${folderName}/${inner}`] : [folder, inner];
  return {
    place,
    names: new Set(isNested ? nested.map((name) => name.slice(inner.length)) : names),
    read: (name) => imageBytes(join(place, name)),
    inputs: (chosen) => chosen.map((name) => ({ name: `${under}${name}`, path: join(place, name) })),
  };
}

async function missing(dataDir: string): Promise<MissingDataError> {
  const zips = (await readdir(dataDir).catch(() => [])).filter((name) => name.endsWith('.zip'));
  const unpack = zips.length === 0 ? '' : `; or unpack ${zips.slice(0, 3).join(', ')} where it holds them`;
  return new MissingDataError(
    `${dataDir} should hold ${folderName}/ or ${folderName}.zip, and has neither. Get the aligned `
      + `images from CelebA's page${unpack}.`,
  );
}
