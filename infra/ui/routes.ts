/** Which page a path is. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dataFile } from '../../activities/disk/file-inside.ts';
import { sweepResult } from '../../activities/report/sweep/sweep-result.ts';
import { sweepPageOf } from '../client/sweeps/sweep-page-of.ts';
import { findSweep } from '../client/records/sweep-records.ts';
import { isRunId } from '../store/layout.ts';
import { pageAnswer, seeOther, text, type Answer } from './answer.ts';
import type { Action, Actions, ActedOn } from './actions.ts';
import type { PageModel, Shown } from './page-model.ts';
import { confirmation } from './pages/parts.ts';
import { shell } from './pages/shell.ts';

const here = dirname(fileURLToPath(import.meta.url));
const idiomorph = join(
  dirname(createRequire(import.meta.url).resolve('idiomorph/dist/idiomorph.esm.js')),
  'idiomorph.esm.js',
);
const script = 'text/javascript; charset=utf-8';
const assets: Readonly<Record<string, readonly [file: string, type: string]>> = {
  'live.js': [join(here, 'client', 'live.js'), script],
  'idiomorph.js': [idiomorph, script],
  'icon.svg': [join(here, 'client', 'icon.svg'), 'image/svg+xml'],
};
/** Where browsers look for an icon beside pages that name none, as a report. */
const iconPath = '/favicon.ico';
/** What a run's folder may give to a browser. */
const types: readonly (readonly [RegExp, string])[] = [
  [/^(evaluation|samples)\/[\w.-]+\.png$/, 'image/png'],
  [/^report\.html$/, 'text/html; charset=utf-8'],
  [/^run\.json$/, 'application/json'],
];

export interface Routes {
  readonly out: string;
  readonly look: PageModel;
  readonly actions: Actions;
  readonly token: string;
}

/** `path` begins with a slash. Throws what reading fails with. */
export async function get({ out, look, token }: Routes, path: string): Promise<Answer> {
  const [place = '', id = '', ...rest] = path.slice(1).split('/').map(decodeURIComponent);
  const below = rest.join('/');
  if (path === iconPath) return await assetOf('icon.svg');
  if (place === 'assets' && Object.hasOwn(assets, id)) return await assetOf(id);
  const kind = kindOf(place);
  if (kind === 'run' && isRunId(id) && below !== '' && below !== 'cancel')
    return await fileOf(out, id, below.replace(/^files\//, ''));
  if (kind === 'sweep' && isRunId(id) && below === 'report.html') return pageAnswer(await reportOf(out, id));
  if (kind !== null && isRunId(id) && below === 'cancel')
    return pageAnswer(
      shell({
        title: `Cancel ${id}`,
        out,
        temporalUi: null,
        live: null,
        main: confirmation({ kind, id, token }),
      }),
    );
  const shown = await pageAt(look, path);
  return shown === null
    ? text(404, `There is no ${path}.`)
    : pageAnswer(shell({ ...shown, out, live: `/live${path}` }));
}

/** null: there is no such page. */
export async function pageAt(look: PageModel, path: string): Promise<Shown | null> {
  const [place = '', id = '', ...rest] = path.slice(1).split('/').map(decodeURIComponent);
  if (path === '/') return look.shared(path, () => look.overview());
  const kind = kindOf(place);
  if (kind === null || rest.length > 0 || !isRunId(id)) return null;
  return look.shared(path, () => (kind === 'run' ? look.run(id) : look.sweep(id)));
}

/** The form has been found to be ours. */
export async function post({ actions, look }: Routes, path: string): Promise<Answer> {
  const [place = '', id = '', action = '', ...rest] = path.slice(1).split('/').map(decodeURIComponent);
  const kind = kindOf(place);
  const page = `/${place}/${encodeURIComponent(id)}`;
  if (kind === null || rest.length > 0 || !isAction(action) || (await pageAt(look, page)) === null)
    return text(404, `There is no ${path}.`);
  actions.begin(action, kind, id);
  return seeOther(page);
}

async function assetOf(name: string): Promise<Answer> {
  const [file, type] = assets[name]!;
  return { status: 200, headers: { 'content-type': type }, body: await readFile(file) };
}

const kindOf = (place: string): ActedOn | null =>
  place === 'runs' ? 'run' : place === 'sweeps' ? 'sweep' : null;
const isAction = (name: string): name is Action => name === 'cancel' || name === 'resume';

async function reportOf(out: string, sweep: string): Promise<string> {
  const record = await findSweep(out, sweep);
  return sweepPageOf(out, record, sweepResult(record));
}

async function fileOf(out: string, id: string, name: string): Promise<Answer> {
  const type = types.find(([pattern]) => pattern.test(name))?.[1];
  const file = type === undefined ? null : await dataFile(out, id, ...name.split('/'));
  return file === null
    ? text(404, `${id} has no file ${name} to show.`)
    : { status: 200, headers: { 'content-type': type! }, body: await readFile(file.path) };
}
