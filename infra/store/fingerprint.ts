/** What changes with a file's content, short of reading it: no write leaves both the inode and the time of
 *  its last change as they were. */
import { stat } from 'node:fs/promises';

export async function fingerprint(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join();
}
