/** Pictures of a run's samples, the latest first. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface Picture {
  /** Path in the run's folder. */
  readonly name: string;
  readonly title: string;
}

const folders = ['evaluation', 'samples'];
const most = 24;

/** `folder`: of the run. */
export async function runPictures(folder: string): Promise<Picture[]> {
  const found = (
    await Promise.all(
      folders.map(async (below) =>
        (await readdir(join(folder, below)).catch((): string[] => []))
          .filter((name) => /^[\w.-]+\.png$/.test(name) && name !== 'data.png')
          .map((name) => `${below}/${name}`),
      ),
    )
  ).flat();
  const dated = await Promise.all(
    found.map(async (name) => ({
      name,
      at: await stat(join(folder, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    })),
  );
  return dated
    .sort((a, b) => b.at - a.at || a.name.localeCompare(b.name))
    .slice(0, most)
    .map(({ name }) => ({ name, title: name.replace(/^[^/]*\/|\.png$/g, '').replaceAll('-', ' ') }));
}
