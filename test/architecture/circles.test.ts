/** Nothing imports in a circle: no files, be it for types alone, and no folders. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { arrowsIn, arrowsOf, betweenFolders, circlesIn } from '../support/imports.ts';

const rooms = ['workflows', 'activities', 'models', 'infra'];

describe('imports', () => {
  const arrows = arrowsIn(fileURLToPath(new URL('../../', import.meta.url)), rooms);
  const ofValues = arrows.filter(({ typesOnly }) => !typesOnly);

  test('are seen in every room', () => {
    for (const room of rooms)
      assert.ok(arrows.filter(({ from }) => from.startsWith(`${room}/`)).length > 30, room);
  });

  test('of files go in no circle, nor do those of types', () => {
    assert.deepEqual(circlesIn(arrows), []);
  });

  test('of values go in no circle of folders', () => {
    assert.deepEqual(circlesIn(betweenFolders(ofValues)), []);
  });
});

describe('a circle is found', () => {
  test('of files, be it by an import of types, by an export or by import()', () => {
    const arrows = [
      ...arrowsOf('a/one.ts', "import type { Two } from './two.ts';"),
      ...arrowsOf('a/two.ts', "export { three } from '../b/three.ts';"),
      ...arrowsOf('b/three.ts', "const one = await import('../a/one.ts');"),
      ...arrowsOf('b/four.ts', "import { one, type Two } from '../a/one.ts';"),
    ];
    assert.deepEqual(circlesIn(arrows), [['a/one.ts', 'a/two.ts', 'b/three.ts']]);
    assert.deepEqual(circlesIn(arrows.filter(({ typesOnly }) => !typesOnly)), []);
  });

  test('of folders, where no file is in one', () => {
    const arrows = [
      ...arrowsOf('a/one.ts', "import { three } from '../b/three.ts';"),
      ...arrowsOf('b/four.ts', "import { two } from '../a/two.ts';"),
    ];
    assert.deepEqual(circlesIn(arrows), []);
    assert.deepEqual(circlesIn(betweenFolders(arrows)), [['a', 'b']]);
  });
});
