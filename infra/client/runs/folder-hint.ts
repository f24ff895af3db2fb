/** Images in a folder that was given for another set: what to do with them. */
import { listNames } from '../../../activities/datasets/list-names.ts';
import { isImageName } from '../../../activities/datasets/folder.ts';
import { shellQuoted } from '../../../activities/config/shell-quoted.ts';
import { invocation } from '../../base/invocation.ts';

/** As the aligned images of CelebA lie in theirs. */
const celebaFolder = 'img_align_celeba/';

/** A sentence with a space before it, or nothing. `kind` of the set that is not there. */
export async function folderHint(kind: string, dataDir: string): Promise<string> {
  if (kind === 'folder') return '';
  const images = (await listNames(dataDir).catch(() => [])).filter(isImageName);
  if (images.length === 0 || (kind === 'celeba' && images.some((name) => name.startsWith(celebaFolder))))
    return '';
  return ` It holds ${images.length} image file${images.length === 1 ? '' : 's'} (${images[0]!}${images.length > 1 ? ' ...' : ''}): \`${invocation} run folder-quick --data-dir ${shellQuoted(dataDir)}\` takes any images.`;
}
