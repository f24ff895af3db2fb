/** Files that others read: container files, GitHub's forms, CI. What of them can be held without an image or
 *  a server. */
import assert from 'node:assert/strict';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { nodeIsSupported } from '../../infra/setup/platform.mjs';
import { requireCall } from '../support/calls.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Instruction {
  readonly name: string;
  readonly value: string;
}

/** The instructions of a container file, continued lines as one. Throws on a line that is none. */
function instructionsOf(text: string): Instruction[] {
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const found = /^(FROM|RUN|USER|WORKDIR|ENV|COPY|VOLUME|ENTRYPOINT|CMD) +(.+)$/.exec(line);
    if (!found) throw new Error(`Expected an instruction, got ${JSON.stringify(line)}; write one a line.`);
    return { name: found[1]!, value: found[2]! };
  });
}

describe('container files', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  for (const file of readdirSync(join(root, 'infra/container'))) {
    const instructions = instructionsOf(read(`infra/container/${file}`));
    const valuesOf = (name: string): string[] =>
      instructions.filter((one) => one.name === name).map(({ value }) => value);

    test(`${file} stands on an image by name alone, with a Node that is taken`, () => {
      assert.equal(instructions[0]!.name, 'FROM');
      const [from] = valuesOf('FROM');
      assert.equal(nodeIsSupported(`v${/^node:(\d+)-bookworm$/.exec(from!)?.[1]}.99.0`), true, from);
    });

    test(`${file} copies what is there, and leaves out what is made anew`, () => {
      const sources = valuesOf('COPY').flatMap((value) =>
        value
          .split(' ')
          .filter((word) => !word.startsWith('--'))
          .slice(0, -1),
      );
      assert.ok(sources.length > 0);
      assert.deepEqual(
        sources.filter((source) => !existsSync(join(root, source))),
        [],
      );
      assert.ok(read('.dockerignore').split('\n').includes('node_modules'));
    });

    test(`${file} runs scripts of ours, and sets up as the user that works`, () => {
      const ours = valuesOf('RUN').filter((value) => value.startsWith('npm '));
      assert.deepEqual(ours, ['npm start -- doctor']);
      assert.ok('start' in scripts);
      const names = instructions.map(({ name }) => name);
      assert.ok(names.indexOf('USER') < names.lastIndexOf('RUN'));
    });

    test(`${file} starts a command that there is, on the folder it shares`, async () => {
      const [node, bin] = JSON.parse(valuesOf('ENTRYPOINT')[0]!) as string[];
      assert.equal(node, 'node');
      assert.ok(existsSync(join(root, bin!)));
      const words = JSON.parse(valuesOf('CMD')[0]!) as string[];
      await requireCall({ words, mention: false });
      assert.equal(words[words.indexOf('--out') + 1], valuesOf('VOLUME')[0]);
    });
  }

  test('with a line that is no instruction are refused', () => {
    assert.throws(() => instructionsOf('FROM a\nCOPPY . .\n'), /Expected an instruction, got "COPPY/);
    assert.deepEqual(instructionsOf('# b\nRUN a \\\n  && c\n'), [{ name: 'RUN', value: 'a   && c' }]);
  });
});

describe('forms of GitHub', () => {
  const folder = '.github/ISSUE_TEMPLATE';
  for (const file of readdirSync(join(root, folder)).filter((name) => name !== 'config.yml'))
    test(`${file} has a name, a description and fields with labels`, () => {
      const form = parse(read(`${folder}/${file}`)) as {
        name: string;
        description: string;
        body: { type: string; id?: string; attributes: { label?: string; value?: string } }[];
      };
      assert.ok(form.name && form.description);
      const fields = form.body.filter(({ type }) => type !== 'markdown');
      assert.ok(fields.length > 0);
      for (const { type, id, attributes } of fields) {
        assert.match(type, /^(textarea|input|dropdown|checkboxes)$/);
        assert.ok(id && attributes.label);
      }
      assert.equal(new Set(fields.map(({ id }) => id)).size, fields.length);
    });

  test('CI runs .ci/run, with rights to read alone', () => {
    const { permissions, jobs } = parse(read('.github/workflows/ci.yml')) as {
      permissions: object;
      jobs: Record<string, { steps: { run?: string; with?: object }[] }>;
    };
    assert.deepEqual(permissions, { contents: 'read' });
    const runs = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    assert.deepEqual(runs, ['.ci/run']);
    accessSync(join(root, '.ci/run'), constants.X_OK);
  });
});
