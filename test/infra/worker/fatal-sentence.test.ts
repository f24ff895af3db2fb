import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StorageError } from '../../../activities/ports/errors.ts';
import { fatalSentence } from '../../../infra/worker/fatal-sentence.ts';
import { ServerError } from '../../../infra/temporal/server-error.ts';

const withFields = (message: string, fields: object): Error => Object.assign(new Error(message), fields);

for (const [what, error, sentence] of [
  [
    'a folder that is read-only',
    withFields("EROFS: read-only file system, open '/x/y'", { code: 'EROFS', syscall: 'open', path: '/x/y' }),
    /^Cannot use \/x\/y: EROFS\. The file system is read-only: choose another folder with --out\.$/,
  ],
  ['a folder that cannot be used', new StorageError('Cannot use it.', '/x', 'EACCES'), /^Cannot use it\.$/],
  ['a server that cannot be had', new ServerError('It did not start.'), /^It did not start\.$/],
  [
    'a library that cannot be loaded',
    withFields('/x/y.node: file too short', { code: 'ERR_DLOPEN_FAILED' }),
    /^A part of the installation cannot be loaded: \/x\/y\.node: file too short\. Remove node_modules and run `npm start -- doctor`/,
  ],
  [
    'a package that says at length what to do',
    new Error('Could not load the "sharp" module using the linux-x64 runtime\nPossible solutions:\n- one'),
    /^[^\n]*sharp[^\n]*doctor[^\n]*$/,
  ],
] as const) {
  test(`${what} ends a worker and a command with one sentence`, async () =>
    assert.match((await fatalSentence(error))!, sentence));
}

for (const [what, error] of [
  ['a bug', new TypeError('x is not a function')],
  [
    'a connection that is refused',
    withFields('connect ECONNREFUSED 127.0.0.1:9', { code: 'ECONNREFUSED', syscall: 'connect' }),
  ],
  ['what is no error', 'a text'],
  ['nothing', undefined],
] as const) {
  test(`${what} is none of that`, async () => assert.equal(await fatalSentence(error), null));
}
