/** What a file is in place of what it should be, seen by its first bytes: readers say it where they refuse
 *  one. */
import { open } from 'node:fs/promises';

export interface ForeignForm {
  /** Follows "it is". */
  readonly what: string;
  /** A whole sentence. */
  readonly remedy: string;
}

/** Enough for every form; a tar archive's magic is the last, at byte 257. */
export const lookedAt = 512;

const again = 'Download it again from another address, or by hand with a browser.';
const inOctave = 'Load it there and save it again with -v7.';
const asked = 'Give it in the form that is read.';
type ByText = readonly (readonly [start: RegExp, what: string, remedy: string])[];
/** What comes in place of any file at all. */
const standIns: ByText = [
  [
    /^version https:\/\/git-lfs\.github\.com\//,
    'a Git LFS pointer, which stands for a file kept elsewhere',
    'Run `git lfs pull` in the repository it is from.',
  ],
  [
    /^\ufeff?\s*<(!doctype html|html|head|body)/i,
    'a web page, as a server answers in place of a file',
    again,
  ],
  [/^\ufeff?\s*<\?xml/, 'an XML text, as a server answers in place of a file', again],
  [/^\s*\{\s*"/, 'a JSON text, as a server answers in place of a file', again],
];
const byText: ByText = [
  [/^# Created by Octave/, 'a text file of Octave', inOctave],
  [/^Octave-1-[LB]/, "a binary file of Octave's own", inOctave],
  [/^PAR1/, 'a parquet file', asked],
  [/^BZh[1-9]1AY&SY/, 'packed with bzip2', 'Unpack it with bunzip2.'],
  [/^Rar!/, 'a RAR archive', 'Unpack it.'],
];
const byBytes: readonly (readonly [hex: string, what: string, remedy: string])[] = [
  ['89484446', "an HDF5 file, as Octave's save -hdf5 and MATLAB's -v7.3 write", inOctave],
  ['1f8b', 'packed with gzip', 'Unpack it with gunzip.'],
  ['504b0304', 'a zip archive', 'Unpack it with unzip.'],
  ['fd377a585a00', 'packed with xz', 'Unpack it with unxz.'],
  ['28b52ffd', 'packed with zstd', 'Unpack it with unzstd.'],
  ['377abcaf271c', 'a 7z archive', 'Unpack it with 7z.'],
  ['934e554d5059', 'a single array of numpy (.npy)', asked],
  ['89504e470d0a1a0a', 'a PNG image', asked],
  ['ffd8ff', 'a JPEG image', asked],
];

/** What a server or a repository gave in place of the file; null where it gave none of these. */
export function standIn(start: Uint8Array): ForeignForm | null {
  const text = firstOf(start).toString('utf8');
  const found = standIns.find(([pattern]) => pattern.test(text));
  return found ? { what: found[1], remedy: found[2] } : null;
}

/** null where nothing is known of it. `start` has the first 512 bytes, or all. */
export function foreignForm(start: Uint8Array): ForeignForm | null {
  if (start.length === 0) return { what: 'empty', remedy: 'Copy or download it again.' };
  const instead = standIn(start);
  if (instead) return instead;
  const bytes = firstOf(start);
  const [text, hex] = [bytes.toString('utf8'), bytes.toString('hex')];
  const found =
    byText.find(([pattern]) => pattern.test(text)) ?? byBytes.find(([magic]) => hex.startsWith(magic));
  if (found) return { what: found[1], remedy: found[2] };
  return bytes.toString('latin1', 257, 262) === 'ustar'
    ? { what: 'a tar archive', remedy: 'Unpack it with tar -xf.' }
    : null;
}

/** The magic bytes of forms that readers expect. */
export const magics = { gzip: '1f8b', zip: '504b0304' } as const;

export const hasMagic = (start: Uint8Array, magic: string): boolean =>
  firstOf(start).toString('hex').startsWith(magic);

const firstOf = (start: Uint8Array): Buffer =>
  Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, lookedAt));

/** What a refusal ends with: what the file is, and the remedy. `otherwise` where nothing is known, or it has
 *  the `own` magic of what was expected. */
export function remedyFor(start: Uint8Array, otherwise: string, own?: string): string {
  if (own !== undefined && hasMagic(start, own)) return otherwise;
  const form = foreignForm(start);
  return form ? `It is ${form.what}. ${form.remedy}` : otherwise;
}

/** The first bytes of a file, as many as are looked at. */
export async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(lookedAt), 0, lookedAt, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
