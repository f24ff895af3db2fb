/** A run's lineage drawn: as a tree, for Mermaid, and as a page. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { parseHTML } from 'linkedom';
import { colorsFor } from '../../../infra/cli/lines/colors.ts';
import { lineageLines, mermaidLines } from '../../../infra/cli/lines/lineage-lines.ts';
import { lineageOf } from '../../../infra/client/runs/lineage-of.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import { graphOf } from '../../../infra/lineage/graph.ts';
import type { Lineage } from '../../../infra/lineage/lineage.ts';
import { renderLineage } from '../../../infra/lineage/render-lineage.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { recordRunIn } from '../../support/recorded-run.ts';

const out = temporaryFolder('lineage-drawn');
let lineage: Lineage;

before(async () => {
  await recordRunIn(layoutOf(out), 'first', { fresh: false });
  await recordRunIn(layoutOf(out), 'second', { fresh: false, set: ['contrast.ebm.learningRate=0.002'] });
  lineage = await lineageOf(out, 'second');
});

describe('a lineage', () => {
  test(
    'is a graph with a node for each training, and an arrow for each step that another was given '
      + 'something of',
    () => {
      const { nodes, edges } = graphOf(lineage);
      assert.deepEqual(
        nodes.map(({ name, steps, reused, runs }) => [name, steps, reused, runs]),
        [
          ['prepare', 1, 1, ['first']],
          ['contrast 0-20', 10, 0, []],
          ['export contrast', 1, 1, ['first']],
          ['evaluate', 1, 1, ['first']],
        ],
      );
      const name = (id: string): string => nodes.find((node) => node.id === id)!.name;
      assert.deepEqual(
        edges.map(({ from, to, inputs }) => [name(from), name(to), inputs]),
        [
          ['prepare', 'contrast 0-20', ['spec.dataset.train', 'spec.dataset.test']],
          ['contrast 0-20', 'export contrast', ['checkpoint']],
          ['prepare', 'evaluate', ['dataset.train', 'dataset.test']],
          ['export contrast', 'evaluate', ['models.ebmFce']],
        ],
      );
    },
  );

  test('is a tree in the terminal, from what was made last', () => {
    assert.deepEqual(lineageLines(lineage, colorsFor({})), [
      'second  completed',
      'evaluate  reused  from first',
      '├─ prepare  reused  from first',
      '└─ export contrast  reused  from first',
      '   └─ contrast 0-20  computed',
      '      └─ prepare  reused  from first',
    ]);
  });

  test('is a flowchart for Mermaid', () => {
    const lines = mermaidLines(lineage);
    assert.deepEqual(lines.slice(0, 3), [
      'flowchart TD',
      '  n0["prepare<br/>reused<br/>from first"]:::reused',
      '  n1["contrast 0-20<br/>computed"]:::computed',
    ]);
    assert(lines.includes('  n0 --> n1'));
  });

  test(
    'is a page with a box for each node, an arrow for each edge, and a row for each step, segments '
      + 'that are told alike in one',
    () => {
      const { document } = parseHTML(renderLineage(lineage));
      const all = (selector: string): string[] =>
        [...document.querySelectorAll(selector)].map(({ textContent }) => textContent!.trim());
      assert.deepEqual(all('svg g text:first-of-type'), [
        'prepare',
        'contrast 0-20',
        'export contrast',
        'evaluate',
      ]);
      assert.equal(all('svg .arrow').length, 4);
      assert.equal(all('#steps tbody tr').length, 4);
      assert.match(
        all('#steps tbody tr')[1]!,
        /contrast 0-2010 segmentscomputed: it differs from what first had computed.*spec\.config\.ebm\.learningRate: 0\.004 → 0\.002/s,
      );
      assert.match(
        document.querySelector('svg')!.getAttribute('aria-label')!,
        /export contrast, reused, from contrast 0-20;/,
      );
      assert.deepEqual(all('script, link'), []);
    },
  );
});
