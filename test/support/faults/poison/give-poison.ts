/** Gives a poisoned data set to the activity that prepares it, with a store of its own, and holds what must
 *  hold. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { DatasetConfig } from '../../../../activities/config/dataset-config.ts';
import type { PreparedDataset } from '../../../../activities/contracts/dataset.ts';
import { failures } from '../../../../activities/contracts/failures.ts';
import { createActivities } from '../../../../activities/create-activities.ts';
import type { Ports } from '../../../../activities/ports/ports.ts';
import { datasetSchema } from '../../../../activities/config/dataset-config.ts';
import { layoutOf, type Layout } from '../../../../infra/store/layout.ts';
import { LocalStore } from '../../../../infra/store/local-store.ts';
import type { Files } from './clean-sets.ts';
import type { Change, Poison, PoisonedSet } from './poison.ts';

const quiet = new DefaultLogger('ERROR');

/** `refused`; or the change does not reach the data; or it does, and the poison says why nobody can see
 *  it. */
export type Verdict = 'refused' | 'the same data' | 'unseen';

export async function givePoison(poison: Poison, folder: string, random: () => number): Promise<Verdict> {
  const change = await writePoisoned(poison, join(folder, 'data'), random);
  const layout = layoutOf(join(folder, 'runs'));
  const prepared = await prepare(poison.set, join(folder, 'data'), layout).catch(
    (error: unknown) => error as ApplicationFailure,
  );
  if (prepared instanceof Error) {
    assertRefused(poison, change, prepared);
    assert.deepEqual(filesIn(layout.out), [], `${poison.name}: something is left in the store`);
    return 'refused';
  }
  if (contentOf(prepared) === (await cleanContent(poison.set, folder))) return 'the same data';
  assert.ok(
    poison.unseen !== undefined,
    `${poison.name} (${Object.keys(change).join()}): it passed, and the data are others`,
  );
  return 'unseen';
}

/** Under its own name, once and for all, and about one of the files that changed. */
export function assertRefused(
  poison: Poison,
  change: Change,
  { type, message, nonRetryable }: Pick<ApplicationFailure, 'type' | 'message' | 'nonRetryable'>,
): void {
  const { name } = poison;
  assert.ok(
    type === failures.badInput || type === failures.missingData,
    `${name}: it ends in ${type}: ${message}`,
  );
  assert.equal(nonRetryable, true, `${name}: it would be tried again`);
  assertNames(poison, change, message);
}

export function assertNames({ name, names }: Poison, change: Change, message: string): void {
  const changed = [...Object.keys(change).map((file) => file.split('/').at(-1)!), ...(names ?? [])];
  assert.ok(
    changed.some((file) => message.includes(file)),
    `${name}: ${message} does not name ${changed.join(', ')}`,
  );
  assert.ok(!message.trim().includes('\n'), `${name}: more than one sentence: ${message}`);
}

export async function writePoisoned(
  { set, change }: Poison,
  folder: string,
  random: () => number,
): Promise<Change> {
  const files = await set.clean();
  const changed = await change(files, random);
  write(folder, { ...files, ...changed });
  return changed;
}

function write(folder: string, files: Change): void {
  for (const [name, content] of Object.entries(files)) {
    if (content === null) continue;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

async function prepare({ dataset }: PoisonedSet, dataDir: string, layout: Layout): Promise<PreparedDataset> {
  const identity = { codeHash: async () => 'code', native: async () => ({}), environment: async () => ({}) };
  const { prepareDataset } = createActivities({
    store: new LocalStore(layout),
    scratch: layout.scratch,
    identity,
  } as unknown as Ports);
  const request = { dataset: datasetSchema.parse(dataset) as DatasetConfig, dataDir, seed: 1, salt: null };
  return (await new MockActivityEnvironment({}, { logger: quiet }).run(
    prepareDataset,
    request,
  )) as PreparedDataset;
}

const contentOf = ({ train, test, shape }: PreparedDataset): string => JSON.stringify([train, test, shape]);
const known = new Map<PoisonedSet, string>();
async function cleanContent(set: PoisonedSet, folder: string): Promise<string> {
  const found = known.get(set);
  if (found !== undefined) return found;
  write(join(folder, 'clean'), (await set.clean()) as Files);
  const content = contentOf(await prepare(set, join(folder, 'clean'), layoutOf(join(folder, 'clean-runs'))));
  known.set(set, content);
  return content;
}

/** Every file under a folder, temporary ones too. */
export const filesIn = (folder: string): string[] =>
  !existsSync(folder)
    ? []
    : readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
        statSync(join(folder, name)).isFile(),
      );
