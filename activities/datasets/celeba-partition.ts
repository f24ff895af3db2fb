/** Which images of CelebA are for training and for testing: the official list, or Kaggle's table of the same
 *  content, whose lines are `000001.jpg,0` under a header. 0 is training, 1 validation, 2 test. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { remedyFor } from '../formats/foreign-form.ts';
import { dataFile } from '../disk/file-inside.ts';
import { BadInputError, MissingDataError } from '../ports/data-errors.ts';
import type { PinnedFile } from './image-source.ts';
import { officialHashes } from './official-hashes.ts';

export const partitionName = 'list_eval_partition.txt';
const tableName = 'list_eval_partition.csv';
/** The official one has 2.8 MB. */
const largest = 16 << 20;

export interface Partition {
  readonly path: string;
  readonly train: readonly string[];
  readonly test: readonly string[];
  /** Held against the official list, whichever form it has. */
  readonly pinned: PinnedFile;
}

/** Throws MissingDataError or BadInputError. */
export async function readPartition(dataDir: string): Promise<Partition> {
  const path = await findPartition(dataDir);
  const content = await readFile(path);
  const table = path.endsWith('.csv');
  const lines = content.toString('utf8').split(/\r?\n/);
  if (table) lines[0] = lines[0]!.replace(/^\ufeff?image_id,partition$/, '');
  const entries = lines.flatMap((line, i) =>
    line === '' ? [] : [entryOf(path, line, i + 1, table, content)],
  );
  const namesOf = (part: string): string[] =>
    entries.filter((entry) => entry.part === part).map(({ name }) => name);
  const text = table ? entries.map(({ name, part }) => `${name} ${part}`).join('\n') : content;
  return {
    path,
    train: namesOf('0'),
    test: namesOf('2'),
    pinned: {
      name: basename(path),
      path,
      expected: officialHashes[partitionName],
      found: createHash('sha256').update(text).digest('hex'),
    },
  };
}

function entryOf(
  path: string,
  line: string,
  number: number,
  table: boolean,
  content: Uint8Array,
): { readonly name: string; readonly part: string } {
  const [, name, part] = (table ? /^(\d{6}\.jpg),([012])$/ : /^(\d{6}\.jpg)\s+([012])$/).exec(line) ?? [];
  if (name !== undefined && part !== undefined) return { name, part };
  const remedy = remedyFor(content, 'Use the official file.');
  throw new BadInputError(
    `${path}, line ${number}: a line is the name of an image and 0, 1 or 2, got `
      + `${JSON.stringify(line.slice(0, 40))}. ${remedy}`,
  );
}

async function findPartition(dataDir: string): Promise<string> {
  for (const place of [[partitionName], ['Eval', partitionName], [tableName], [tableName, tableName]]) {
    const found = await dataFile(dataDir, ...place);
    if (found && found.bytes > largest)
      throw new BadInputError(
        `${found.path} should have at most ${largest} bytes, and has ${found.bytes}. Use the official file.`,
      );
    if (found) return found.path;
  }
  throw new MissingDataError(
    `${join(dataDir, partitionName)} is missing, and so is ${tableName}: it says which images are `
      + `for training and which for testing. Get it from CelebA's page (folder Eval).`,
  );
}
