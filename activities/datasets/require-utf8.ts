/** Names of files are bytes to Linux and text to Node: one that is no UTF-8 is read as another name, under
 *  which there is nothing. */
import { readdir } from 'node:fs/promises';
import { BadInputError } from '../ports/data-errors.ts';

/** Names that begin with a dot are looked at by nobody. Throws BadInputError. */
export async function requireUtf8(folder: string): Promise<void> {
  for (const bytes of await readdir(folder, { encoding: 'buffer' })) {
    const name = bytes.toString();
    if (name.startsWith('.') || Buffer.from(name).equals(bytes)) continue;
    throw new BadInputError(
      `${folder} should hold files with names in UTF-8, and the name ${forShell(bytes)} is none. `
        + `Rename it, or all that were named in Latin-1 with \`convmv -r -f latin1 -t utf8 --notest\` `
        + 'and the folder.',
    );
  }
}

/** As bash reads it, every byte that is not plain as \xNN. */
const forShell = (bytes: Uint8Array): string =>
  `$'${Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`)).join('')}'`;
