/** The check for packages with known vulnerabilities, against a registry of the test's own. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { temporaryFolder } from '../../support/folders.ts';

const root = new URL('../../../', import.meta.url);
const advisory = (severity: string) => ({
  id: 1,
  title: 'Writes outside',
  url: 'https://example.org/GHSA-1',
  severity,
  vulnerable_versions: '<=7.5.23',
});

/** `answer` to the question which packages are vulnerable. */
async function audit(answer: {
  readonly status: number;
  readonly advisories?: object;
}): Promise<{ code: number; stdout: string }> {
  const registry = createServer((request, response) => {
    request.resume();
    if (request.method !== 'POST') return response.writeHead(404).end('{}');
    response
      .writeHead(answer.status, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer.advisories ?? {}));
  }).listen(0, '127.0.0.1');
  await once(registry, 'listening');
  const env = {
    ...process.env,
    npm_config_registry: `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`,
    npm_config_cache: temporaryFolder('audit'),
  };
  const ended = new Promise<{ code: number; stdout: string }>((resolve) => {
    execFile(process.execPath, ['infra/setup/audit.mjs'], { cwd: root, env }, (error, stdout) =>
      resolve({ code: error ? Number(error.code) : 0, stdout }),
    );
  });
  return ended.finally(() => registry.close());
}

describe('the check for known vulnerabilities', { concurrency: true }, () => {
  for (const severity of ['high', 'critical']) {
    test(`fails on one of ${severity} severity, with package, title and address`, async () => {
      const { code, stdout } = await audit({ status: 200, advisories: { tar: [advisory(severity)] } });
      assert.equal(code, 1, stdout);
      assert.match(
        stdout,
        new RegExp(`^${severity}: tar: Writes outside https://example\\.org/GHSA-1$`, 'm'),
      );
    });
  }

  test('counts one of moderate severity, and does not fail', async () => {
    const { code, stdout } = await audit({ status: 200, advisories: { tar: [advisory('moderate')] } });
    assert.equal(code, 0, stdout);
    assert.match(stdout, /npm audit: 0 of high or critical severity, [1-9]\d* lower\./);
  });

  test('says that a registry does not answer, and does not fail', async () => {
    const { code, stdout } = await audit({ status: 405 });
    assert.equal(code, 0);
    assert.match(stdout, /the registry gave no answer \(405 .*\); nothing was checked/);
  });
});

test('every package that an override replaces is named in SECURITY.md, with the reason', () => {
  const { overrides } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    overrides: Record<string, string | Record<string, string>>;
  };
  const names = Object.entries(overrides).flatMap(([name, within]) =>
    typeof within === 'string' ? [name] : Object.keys(within),
  );
  const section = readFileSync(new URL('SECURITY.md', root), 'utf8').split(
    '## Dependencies with known vulnerabilities',
  )[1]!;
  const replaced = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|')[1]!);
  assert.ok(names.length > 3);
  for (const name of names)
    assert.ok(
      replaced.some((cell) => cell.includes(`\`${name}\``)),
      `${name} has no line`,
    );
});
