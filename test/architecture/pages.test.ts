/** What the pages say holds: links lead somewhere, commands parse, settings exist, paths are there. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { filled, requireCall, requireSettings, takes } from '../support/calls.ts';
import {
  anchorsIn,
  callsIn,
  inlineCodeIn,
  linksIn,
  pagesIn,
  readPage,
  shellLinesIn,
  wordsOf,
} from '../support/pages.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = pagesIn(root);

/** Sentences about links of `page` that lead nowhere. */
function brokenLinks(page: string, text: string): string[] {
  return linksIn(text).flatMap((target) => {
    if (/^(https?|mailto):/.test(target)) return [];
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : normalize(join(dirname(page), decodeURIComponent(path)));
    if (file.startsWith('..') || !existsSync(join(root, file))) return [`${target}: no such file`];
    if (anchor === undefined || statSync(join(root, file)).isDirectory()) return [];
    const anchors = anchorsIn(file === page ? text : readPage(root, file));
    return anchors.has(anchor) ? [] : [`${target}: no such heading`];
  });
}

describe('links between pages', () => {
  for (const page of pages)
    test(`of ${page} lead somewhere`, () => assert.deepEqual(brokenLinks(page, readPage(root, page)), []));

  test('that lead nowhere are found, and none in code', () => {
    const text =
      '# One `two`, three\n[a](#one-two-three) [b](#four) [c](no.md) [d](LICENSE)\n`[e](f)`\n```sh\n[g](h)\n```\n';
    assert.deepEqual(brokenLinks('README.md', text), ['#four: no such heading', 'no.md: no such file']);
    assert.deepEqual([...anchorsIn('# A\n## A\n')], ['a', 'a-1']);
  });
});

describe('the first page', () => {
  const lines = readPage(root, 'README.md').trimEnd().split('\n');
  test('has at most 120 lines', () => assert.ok(lines.length <= 120, `${lines.length} lines`));
  test('has at most 120 columns', () =>
    assert.deepEqual(
      lines.filter((line) => line.length > 120),
      [],
    ));
});

describe('commands on pages', () => {
  for (const page of pages) {
    const calls = callsIn(readPage(root, page));
    if (calls.length > 0)
      test(`of ${page} are taken by the command line`, async () => {
        const refused: string[] = [];
        for (const call of calls)
          await requireCall(call).catch((error: Error) =>
            refused.push(`${call.words.join(' ')}: ${error.message}`),
          );
        assert.deepEqual(refused, []);
      });

    const settings = inlineCodeIn(readPage(root, page)).filter((code) => code.startsWith('--set '));
    if (settings.length > 0)
      test(`and settings of ${page} exist`, () => {
        const refused = settings.filter((code) => {
          const words = wordsOf(code).map(filled);
          if (words.includes('PATH=VALUE')) return false;
          const set = words.filter((_, index) => words[index - 1] === '--set');
          return ![true, false].some((given) =>
            takes(() => requireSettings(null, { set, ...(given && { initialFlow: 'FILE' }) })),
          );
        });
        assert.deepEqual(refused, []);
      });
  }

  const wrong: [call: string, sentence: RegExp][] = [
    ['counterflow fly', /unknown command/],
    ['counterflow show', /missing required argument/],
    ['counterflow run eight-gaussians --fast', /unknown option/],
    ['counterflow run eight-gaussian', /did you mean eight-gaussians/],
    ['counterflow run eight-gaussians --set contrast.turns=1', /contrast\.turns/],
    ['npm start --silent -- resume RUN --set contrast.turns=1', /no experiment takes/],
    ['npm start -- sweep workflows/experiments/sweeps/none.yaml', /none\.yaml/],
  ];
  for (const [call, sentence] of wrong)
    test(`are refused: ${call}`, async () => {
      const [found] = callsIn(`\`\`\`sh\n${call}\n\`\`\`\n`);
      await assert.rejects(requireCall(found!), sentence);
    });

  test('may be named in a sentence without what they need, where they exist', async () => {
    const [named, unknown] = callsIn('`counterflow show` and `counterflow fly`');
    await requireCall(named!);
    await assert.rejects(requireCall(unknown!), /unknown command/);
  });

  test('are read as a shell reads them', () => {
    const block =
      '```sh\ncounterflow run a --set b=\'{"c":1}\' \\\n  --seed N   # d\ncounterflow list | jq .\nls\n```\n';
    assert.deepEqual(
      callsIn(block).map(({ words }) => words),
      [['run', 'a', '--set', 'b={"c":1}', '--seed', 'N'], ['list']],
    );
  });
});

describe('files that pages name', () => {
  /** Those of before are named there too. */
  const ofTheirTime = ['CHANGELOG.md', 'docs/journal.md', 'test/faults/RESULTS.md'];
  const room = /^(workflows|activities|models|infra|test|docs|findings|\.ci|\.github)\/[\w./-]*$/;
  for (const page of pages.filter((one) => !ofTheirTime.includes(one)))
    test(`in ${page} are there`, () => {
      const text = readPage(root, page);
      const words = [...inlineCodeIn(text), ...shellLinesIn(text).flatMap(wordsOf)];
      const named = words.filter((word) => room.test(word) && !/\/NAME\b/.test(word));
      assert.deepEqual(
        named.filter((path) => !existsSync(join(root, path))),
        [],
      );
    });
});

test('all places that state a version state the same', () => {
  const text = (path: string): string => readFileSync(join(root, path), 'utf8');
  const { version } = JSON.parse(text('package.json')) as { version: string };
  const lock = JSON.parse(text('package-lock.json')) as {
    version: string;
    packages: Record<string, { version: string }>;
  };
  assert.equal(lock.version, version);
  assert.equal(lock.packages['']!.version, version);
  assert.equal(/^version: (\S+)$/m.exec(text('CITATION.cff'))?.[1], version);
  assert.equal(/^## (\S+)/m.exec(text('CHANGELOG.md'))?.[1], version);
});
