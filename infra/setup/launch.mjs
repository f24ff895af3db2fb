// @ts-check
/** Sets up, then hands over to another Node process: `npm start`, `npm test`, `npm run bench` and the bin are
 *  this with different programs. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { inCheckout } from './checkout.mjs';
import { packagesAreInstalled } from './packages.mjs';
import { setUp } from './set-up.mjs';
import { messageOf, SetupError } from './setup-error.mjs';
import { fatalEnd } from './unloadable.mjs';

/** As documented for every command (`infra/base/exit-codes.ts`, which cannot be loaded before set-up).
 *  @param {unknown} error @param {'SIGINT' | 'SIGTERM' | null} signal that stopped set-up */
export function setUpExitCode(error, signal) {
  if (signal) return 128 + constants.signals[signal];
  return error instanceof SetupError ? 5 : 1;
}

/** @param {unknown} error @param {'SIGINT' | 'SIGTERM' | null} signal */
function tell(error, signal) {
  if (signal && !(error instanceof SetupError)) console.error('\nSet-up was stopped.');
  else console.error(error instanceof SetupError ? `\n${error.message}` : error);
}

/** The seconds set-up took, or the exit code of its failure, of which one sentence is told. */
async function trySetUp() {
  const stop = new AbortController();
  /** @type {'SIGINT' | 'SIGTERM' | null} */
  let stoppedBy = null;
  const interrupted = (/** @type {'SIGINT' | 'SIGTERM'} */ signal) => {
    stoppedBy = signal;
    stop.abort();
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    return { seconds: await setUp(stop), exitCode: 0 };
  } catch (error) {
    tell(error, stoppedBy);
    return { seconds: 0, exitCode: setUpExitCode(error, stoppedBy) };
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  }
}

/** A terminal sends Ctrl-C to the child itself; forwarding it would make two.
 *  @param {import('node:child_process').ChildProcess} child */
function forwardSignals(child) {
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP', 'SIGINT'])) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
}

/** Runs a TypeScript program of the checkout after set-up; this process ends with its exit code.
 *  @param {string} program path in the checkout @param {readonly string[]} args */
export async function launch(program, args) {
  const { seconds, exitCode } = await trySetUp();
  // `doctor` is for the machine on which set-up fails; it needs no more than the packages.
  if (exitCode !== 0 && !(args[0] === 'doctor' && packagesAreInstalled())) process.exit(exitCode);
  const child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx', import.meta.url), inCheckout(program), ...args],
    {
      // onnxruntime reports nothing to its maker, whoever loads it
      stdio: 'inherit',
      env: { ...process.env, COUNTERFLOW_SETUP_SECONDS: seconds.toFixed(2), ORT_DISABLE_TELEMETRY: '1' },
    },
  );
  forwardSignals(child);
  child.on('error', (error) => {
    console.error(messageOf(error));
    process.exit(1);
  });
  child.on('close', (code, signal) => {
    const fatal = fatalEnd(signal);
    if (fatal !== null) console.error(`error: ${fatal}`);
    process.exit(fatal !== null ? 5 : (code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}
