/** What the local page gives and what it does not, over a real socket. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CounterflowError } from '../../../infra/base/user-error.ts';
import { exitCodes } from '../../../infra/base/exit-codes.ts';
import { startUi, type Ui } from '../../../infra/ui/start-ui.ts';
import { temporaryFolder } from '../../support/folders.ts';

const root = temporaryFolder('ui');
const out = join(root, 'runs');
const id = 'spiral-s1';
const hostile = '"><script>alert(1)</script>';
let ui: Ui;

before(async () => {
  mkdirSync(join(out, id, 'evaluation'), { recursive: true });
  writeFileSync(
    join(out, id, 'run.json'),
    JSON.stringify({
      id,
      experiment: hostile,
      status: 'failed',
      failure: hostile,
      seed: 1,
      startedAt: '2026-11-01T09:00:00.000Z',
    }),
  );
  writeFileSync(join(out, id, 'report.html'), '<!doctype html><title>report</title>');
  writeFileSync(
    join(out, id, 'request.json'),
    JSON.stringify({
      request: {
        runId: id,
        experiment: 'spiral',
        startedAt: '2026-11-01T09:00:00.000Z',
        config: { seed: 1 },
      },
      address: null,
    }),
  );
  writeFileSync(join(out, id, 'evaluation', 'samples.png'), 'a picture');
  writeFileSync(join(root, 'secret.png'), 'secret');
  symlinkSync(join(root, 'secret.png'), join(out, id, 'evaluation', 'link.png'));
  mkdirSync(join(out, 'broken'));
  writeFileSync(join(out, 'broken', 'run.json'), '{');
  ui = await startUi(out, { local: true }, 0);
});
after(() => ui.close());

interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Paths as they are: a URL would be straightened out first. */
async function ask(
  path: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<Got> {
  const { port } = new URL(ui.url);
  const asked = request({ host: '127.0.0.1', port, path, method, headers });
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode!, headers: response.headers, body: text };
}

describe('the local page', () => {
  test('lists the runs and shows one', async () => {
    assert.match((await ask('/')).body, new RegExp(`<a href="/runs/${id}">${id}</a>`));
    const { status, body } = await ask(`/runs/${id}`);
    assert.equal(status, 200);
    assert.match(body, /The run has ended: failed\./);
    assert.match(body, /<button id="resume">Resume/);
  });

  test('shows what it can read beside what it cannot', async () => {
    const { status, body } = await ask('/');
    assert.equal(status, 200);
    assert.match(body, /<b>broken<\/b>: Expected .*run\.json to be JSON/);
    assert.match(body, new RegExp(`<a href="/runs/${id}">`));
  });

  test('makes no markup of what files say', async () => {
    for (const path of ['/', `/runs/${id}`])
      assert.ok(!(await ask(path)).body.includes('<script>alert'), path);
  });

  test('has an icon, also where browsers look for one by themselves', async () => {
    const [named] = /(?<=<link rel="icon" href=")[^"]+/.exec((await ask('/')).body) ?? [];
    for (const path of [named!, '/favicon.ico']) {
      const { status, headers, body } = await ask(path);
      assert.deepEqual([status, headers['content-type']], [200, 'image/svg+xml'], path);
      assert.match(body, /^<svg /);
    }
  });

  test('gives report, record and pictures', async () => {
    assert.deepEqual(
      await Promise.all(
        ['report.html', 'run.json', 'files/evaluation/samples.png'].map(
          async (name) => (await ask(`/runs/${id}/${name}`)).status,
        ),
      ),
      [200, 200, 200],
    );
  });

  for (const path of [
    `/runs/${id}/files/evaluation/link.png`,
    `/runs/${id}/request.json`,
    `/runs/${id}/files/../../secret.png`,
    `/runs/${id}/files/..%2F..%2Fsecret.png`,
    `/runs/${id}/%2e%2e/%2e%2e/secret.png`,
    '/runs/..%2Fsecret.png',
    '/runs/../secret.png',
    '/runs/nobody',
    '/assets/../start-ui.ts',
    '/assets/constructor',
    '/nothing',
    '/sweeps/nothing',
    '//',
    '//evil.example/',
    '/runs/%00',
    '/runs/%E0%A4%A',
  ]) {
    test(`does not give ${path}`, async () => {
      const { status, body } = await ask(path);
      assert.ok(status >= 400, String(status));
      assert.notEqual(body, 'secret');
    });
  }

  test('tells browsers to fetch nothing from elsewhere, run no other script, and show it in no frame', async () => {
    const policy = String((await ask('/')).headers['content-security-policy']);
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "frame-ancestors 'none'",
      "form-action 'self'",
    ])
      assert.ok(policy.includes(rule), rule);
  });

  test('answers no other name, and takes no form without its token', async () => {
    assert.equal((await ask('/', { headers: { host: 'evil.example' } })).status, 421);
    assert.equal((await ask(`/runs/${id}/resume`, { method: 'POST', body: 'token=guess' })).status, 403);
    assert.equal((await ask(`/runs/${id}/resume`, { method: 'DELETE' })).status, 405);
  });

  test('listens on loopback alone, and says what to do when its port is taken', async () => {
    assert.match(ui.url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    await assert.rejects(
      startUi(out, {}, Number(new URL(ui.url).port)),
      (error: unknown) =>
        error instanceof CounterflowError
        && error.exitCode === exitCodes.environment
        && /--port/.test(error.message),
    );
  });
});
