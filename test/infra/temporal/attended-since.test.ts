/** Since when a folder's server has had users without a break. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { layoutOf } from '../../../infra/store/layout.ts';
import { attendedSince, enter } from '../../../infra/temporal/server-record.ts';
import { identityOf } from '../../../infra/temporal/process-identity.ts';
import { temporaryFolder } from '../../support/folders.ts';

const near = (found: number, expected: number): void =>
  assert.ok(Math.abs(found - expected) < 2000, `${found} is not about ${expected}`);

test(
  'a folder is attended since its oldest user began, whoever has gone meanwhile, and since now '
    + 'without any',
  async () => {
    const layout = layoutOf(temporaryFolder('attended'));
    near(await attendedSince(layout), Date.now());
    await enter(layout);
    const began = Date.now() - 1000 * process.uptime();
    near(await attendedSince(layout), began);
    const younger = spawn('sleep', ['60']);
    writeFileSync(join(layout.temporal, 'users', `${younger.pid}-${identityOf(younger.pid!)!.started}`), '');
    writeFileSync(join(layout.temporal, 'users', '1-1'), '');
    near(await attendedSince(layout), began);
    younger.kill();
  },
);
