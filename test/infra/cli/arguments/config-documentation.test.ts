/** What `config NAME` says of each path, held against what the schema does. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { experimentSectionsSchema } from '../../../../activities/config/experiment-sections.ts';
import { documentationOf } from '../../../../infra/cli/arguments/config-documentation.ts';
import { documentedYaml } from '../../../../infra/cli/arguments/documented-yaml.ts';
import { isSection, paths } from '../../../../infra/client/runs/setting.ts';
import { experiments } from '../../../../workflows/experiments/index.ts';

const configs = Object.entries(experiments).map(
  ([name, { config }]) => [name, experimentSectionsSchema.parse(config)] as const,
);
/** Forms that no experiment has. */
const others = {
  ...configs.find(([name]) => name === 'eight-gaussians')![1],
  dataset: { kind: 'npz', file: null, array: 'arr_0', size: 32, channels: 3, heldOut: 0.1 },
};

const at = (config: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], config);

function without(config: unknown, path: string): unknown {
  const copy = structuredClone(config);
  const keys = path.split('.');
  const last = keys.pop()!;
  delete (at(copy, keys.join('.')) as Record<string, unknown>)[last];
  return copy;
}

for (const [name, config] of [...configs, ['an npz file', others] as const]) {
  describe(`the documentation of ${name}`, () => {
    const documentation = documentationOf(config);

    test('has a sentence and a type for every path', () => {
      const known = new Set(paths(config));
      assert.deepEqual(
        [...documentation.keys()].filter((path) => known.has(path)),
        [...known],
      );
      for (const [path, { type }] of documentation)
        assert.ok(known.has(path) || type.endsWith(', or left out'), path);
      for (const [path, { description, type }] of documentation) {
        assert.match(description, /^\S.*\.$/, path);
        assert.notEqual(type, '', path);
      }
    });

    test('names as default what stands there where nothing is given', () => {
      let looked = 0;
      for (const [path, said] of documentation) {
        if (!path.includes('.') || isSection(said.default) || said.type.endsWith(', or left out')) continue;
        const parsed = experimentSectionsSchema.safeParse(without(config, path));
        assert.equal(parsed.success, 'default' in said, path);
        if (!('default' in said)) continue;
        assert.deepEqual(at(parsed.data, path), said.default, path);
        looked += 1;
      }
      assert.ok(looked > 40, `${looked} looked at`);
    });

    test('leaves the configuration what it is', () =>
      assert.deepEqual(parse(documentedYaml(config)), config));
  });
}

test('types are in words, with their bounds', () => {
  const documentation = documentationOf(configs.find(([name]) => name === 'cifar10')![1]);
  const types: readonly [path: string, type: string][] = [
    ['seed', 'whole number, at least 0'],
    ['contrast.lambda', 'number, at least 0'],
    ['contrast.averaging', 'number, at least 0, below 1'],
    ['contrast.flow.clipNorm', 'number, above 0, or null'],
    ['contrast.flow.decay', 'one of none, cosine, linear'],
    ['contrast.flips', 'true or false'],
    ['models.ebm.kind', 'one of dense, conv'],
    ['models.ebm.channels', 'list, each a whole number, above 0'],
    ['contrast.method', 'always fce'],
    ['pretrain', 'section, or null'],
    ['models.flow.splitScale', 'always free, or left out'],
    ['models.flow.width', 'whole number, above 0'],
  ];
  for (const [path, type] of types) assert.equal(documentation.get(path)?.type, type, path);
});

test('no line is wider than a terminal of 100 columns, but for a type that is', () => {
  for (const [, config] of configs) {
    for (const line of documentedYaml(config).split('\n'))
      assert.ok(line.length <= 102 || /^ *# \[/.test(line), line);
  }
});
