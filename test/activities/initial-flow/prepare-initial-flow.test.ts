/** A given flow becomes an artifact once, and its file is needed no more. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { GivenFlow } from '../../../activities/contracts/artifact.ts';
import type { Compute } from '../../../activities/ports/compute.ts';
import { prepareInitialFlow } from '../../../activities/prepare-initial-flow.ts';
import { prepareInitialFlow as prepareInitialFlowJob } from '../../../infra/compute/prepare-initial-flow.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import { LocalStore } from '../../../infra/store/local-store.ts';
import { createFlow } from '../../../models/flow/flow.ts';
import { layoutSize } from '../../../models/core/params.ts';
import { calmLife, fakePorts } from '../fake-ports.ts';
import { flowCheckpoint, smallFlow } from '../../support/flow-files.ts';
import { temporaryFolder } from '../../support/folders.ts';

const folder = temporaryFolder('initial-flow');
const size = layoutSize(createFlow(smallFlow, [2]).params);
const compute = ((_: string, ...[job, context]: Parameters<typeof prepareInitialFlowJob>) =>
  prepareInitialFlowJob(job, context)) as unknown as Compute['run'];

function given(
  name: string,
  bytes = flowCheckpoint({ weights: new Float32Array(size).fill(0.5) }),
): GivenFlow {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { file, artifact: { uri: `artifact://sha256/${sha256}`, sha256, bytes: bytes.length } };
}
const asked = (flow: GivenFlow) => ({ ...flow, flow: smallFlow, shape: [2], threads: 1, salt: null });

describe('a given flow', () => {
  test('is found again where its file has gone, or become another', async () => {
    const ports = fakePorts(compute);
    const flow = given('gone.safetensors');
    const first = await prepareInitialFlow(ports, asked(flow), calmLife);
    assert.deepEqual(
      [first.checkpoint, first.given, first.name, first.source, first.reused],
      [flow.artifact, flow.artifact, 'gone.safetensors', 'a checkpoint of pretrain', false],
    );
    rmSync(flow.file);
    const again = await prepareInitialFlow(ports, asked(flow), calmLife);
    assert.deepEqual([again.checkpoint, again.key, again.reused], [flow.artifact, first.key, true]);
    writeFileSync(flow.file, 'something else');
    assert.deepEqual((await prepareInitialFlow(ports, asked(flow), calmLife)).checkpoint, flow.artifact);
  });

  test('is refused where its file went or changed before it was stored', async () => {
    const flow = given('changed.safetensors');
    writeFileSync(flow.file, 'something else');
    await assert.rejects(prepareInitialFlow(fakePorts(compute), asked(flow), calmLife), {
      name: 'BadInputError',
      message:
        /^Expected --initial-flow .*changed\.safetensors to be as it was when the run was asked for, sha256 [0-9a-f]{64}, got [0-9a-f]{64}\. Put that file back/,
    });
    rmSync(flow.file);
    const onDisk = { ...fakePorts(compute), store: new LocalStore(layoutOf(join(folder, 'runs'))) };
    await assert.rejects(prepareInitialFlow(onDisk, asked(flow), calmLife), {
      name: 'MissingDataError',
      message: /^Expected --initial-flow to be a file, but there is none at /,
    });
  });

  test('is refused where it has another number of weights than its own metadata tell', async () => {
    const flow = given('short.safetensors', flowCheckpoint({ weights: new Float32Array(size - 1) }));
    await assert.rejects(prepareInitialFlow(fakePorts(compute), asked(flow), calmLife), {
      name: 'BadInputError',
      message:
        `Expected flow.average of short.safetensors to hold ${size} weights, as many as models.flow `
        + `has, got ${size - 1}. Give a checkpoint of this version.`,
    });
  });

  test('has a key of its own for each content, form and kind of data', async () => {
    const ports = fakePorts(async () => ({ checkpoint: null, source: 'pretend' }) as never);
    const flow = given('one.safetensors');
    const other = given('one.safetensors', flowCheckpoint({ weights: new Float32Array(size).fill(0.25) }));
    writeFileSync(flow.file, flowCheckpoint({ weights: new Float32Array(size).fill(0.5) }));
    const keys = [(await prepareInitialFlow(ports, asked(flow), calmLife)).key];
    keys.push(
      (await prepareInitialFlow(ports, { ...asked(flow), flow: { ...smallFlow, width: 16 } }, calmLife)).key,
    );
    keys.push((await prepareInitialFlow(ports, { ...asked(flow), shape: [3] }, calmLife)).key);
    writeFileSync(flow.file, flowCheckpoint({ weights: new Float32Array(size).fill(0.25) }));
    keys.push((await prepareInitialFlow(ports, asked(other), calmLife)).key);
    assert.equal(new Set(keys).size, 4);
  });
});
