/** What is on this machine, for `doctor`: each finding with its value, and with the remedy where something
 *  needed is missing. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { chooseServer } from '../temporal/choose-server.ts';
import { requireServer } from '../temporal/connect.ts';
import { withoutSecrets } from '../temporal/secrets.ts';
import { credentialsText } from '../temporal/server.ts';
import { cacheRoot } from '../setup/cache.mjs';
import { inCheckout } from '../setup/checkout.mjs';
import { which } from '../setup/command.mjs';
import { readNative, type Native } from '../setup/native.ts';
import { packagesAreInstalled } from '../setup/packages.mjs';
import { nodeRange } from '../setup/pins.mjs';
import { hasGpu, nodeIsSupported } from '../setup/platform.mjs';
import { proxyVariables, withoutCredentials } from '../setup/proxy.mjs';
import { validManifest } from '../setup/set-up.mjs';

export interface DoctorFinding {
  readonly name: string;
  /** False only for what is needed and missing. */
  readonly ok: boolean;
  readonly value: string;
  readonly remedy?: string;
}

const answerWithinMs = 60_000;
const startAgain = 'Run `npm start -- doctor` again: set-up provides it.';

/** The first line that a program prints, or null where it cannot be run. */
async function ask(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(program, [...args], {
      timeout: answerWithinMs,
      cwd: inCheckout(),
      env: { ...process.env, ...env },
    });
    return stdout.trim().split('\n')[0] ?? '';
  } catch {
    return null;
  }
}

const finding = (name: string, value: string | null, missing: string, remedy: string): DoctorFinding =>
  value === null ? { name, ok: false, value: missing, remedy } : { name, ok: true, value };

/** Tools that only set-up uses: missed only while what they make is missing. */
async function tool(
  name: string,
  args: readonly string[],
  needed: boolean,
  remedy: string,
): Promise<DoctorFinding> {
  const value = which(name) ? await ask(name, args) : null;
  return value === null && !needed
    ? { name, ok: true, value: 'absent, and not needed: what it makes is there' }
    : finding(name, value, 'absent', remedy);
}

function platform(): DoctorFinding[] {
  const linux = process.platform === 'linux' && process.arch === 'x64';
  return [
    finding(
      'Node',
      nodeIsSupported(process.version) ? process.version : null,
      process.version,
      `Install Node ${nodeRange.text}.`,
    ),
    finding(
      'platform',
      linux ? 'linux x64' : null,
      `${process.platform} ${process.arch}`,
      'Run it on Linux x64, in a container for instance.',
    ),
    finding(
      'npm packages',
      packagesAreInstalled() ? 'as in package-lock.json' : null,
      'not as in package-lock.json',
      startAgain,
    ),
  ];
}

/** Asked in processes of their own: this one never loads a native library. */
async function libraries(native: Native | null): Promise<DoctorFinding[]> {
  const loaded =
    native
    && (await ask(
      process.execPath,
      ['-p', `require(${JSON.stringify(native.binding.path)}).TF_Version`],
      native.tensorflowEnvironment,
    ));
  const onnxruntime = await ask(process.execPath, [
    '-p',
    `
    const { env, listSupportedBackends } = require('onnxruntime-node');
    env.versions.node + ', providers ' + listSupportedBackends().filter(({ bundled }) => bundled).map(({ name }) => name).join(', ')`,
  ]);
  return [
    finding(
      'TensorFlow',
      native
        && `${native.tensorflow.version} for ${native.tensorflow.gpu ? 'GPU' : 'CPU'}, from `
          + `${native.tensorflow.source}, ${native.tensorflow.dir}`,
      'not set up',
      startAgain,
    ),
    finding(
      'binding',
      loaded ? `loads TensorFlow ${loaded}, compiled by ${native.binding.compiler}` : null,
      'does not load',
      startAgain,
    ),
    finding(
      'onnxruntime',
      onnxruntime,
      'does not load',
      'Remove node_modules and run `npm start -- doctor` again.',
    ),
    finding(
      'Temporal',
      native && `${native.temporal.version}, from ${native.temporal.source}, ${native.temporal.path}`,
      'not set up',
      startAgain,
    ),
  ];
}

async function tools(missing: boolean): Promise<DoctorFinding[]> {
  return Promise.all([
    tool('g++', ['--version'], missing, 'Install it: `apt-get install g++`.'),
    tool(
      'python3',
      ['-m', 'pip', '--version'],
      missing,
      'Install Python 3 with pip: `apt-get install python3-pip`.',
    ),
    tool(
      'go',
      ['version'],
      missing,
      'Install Go (`apt-get install golang-go`), or put a `temporal` on the PATH.',
    ),
  ]);
}

/** Downloads and servers elsewhere are reached through it. */
function proxy(): DoctorFinding {
  const named = proxyVariables.flatMap((name) => {
    const value = process.env[name] || process.env[name.toUpperCase()];
    return value ? [`${name}=${name === 'no_proxy' ? value : withoutCredentials(value)}`] : [];
  });
  return {
    name: 'proxy',
    ok: true,
    value: named.length === 0 ? 'none' : `${named.join(', ')}; never for this machine itself`,
  };
}

async function caches(): Promise<DoctorFinding> {
  const root = cacheRoot();
  const size = existsSync(root) ? await ask('du', ['-sh', root]) : null;
  return { name: 'cache', ok: true, value: `${root}, ${size?.split('\t')[0] ?? 'empty'}` };
}

async function gpu(): Promise<DoctorFinding> {
  if (!hasGpu()) return { name: 'GPU', ok: true, value: 'none; TensorFlow works on the CPU' };
  return {
    name: 'GPU',
    ok: true,
    value:
      (await ask('nvidia-smi', ['--query-gpu=name,driver_version', '--format=csv,noheader']))
      ?? 'NVIDIA driver present',
  };
}

/** What environment and Temporal's configuration file say, and whether that server lets us in; no secrets. */
async function temporalServer(): Promise<DoctorFinding> {
  const name = 'Temporal server';
  try {
    const { server, because } = chooseServer({});
    if (server === null) return { name, ok: true, value: `the embedded one (${because})` };
    const value =
      `${server.address}, namespace ${JSON.stringify(server.namespace)}, `
      + `${credentialsText(server.credentials)} (${because})`;
    return await requireServer(server).then(
      () => ({ name, ok: true, value }),
      (error: unknown) => ({ name, ok: false, value, remedy: withoutSecrets(messageOf(error)) }),
    );
  } catch (error) {
    return { name, ok: false, value: 'cannot be told', remedy: messageOf(error) };
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export async function findings(): Promise<DoctorFinding[]> {
  const native = validManifest() ? readNative() : null;
  return [
    ...platform(),
    ...(await libraries(native)),
    ...(await tools(native === null)),
    await temporalServer(),
    proxy(),
    await caches(),
    await gpu(),
  ];
}
