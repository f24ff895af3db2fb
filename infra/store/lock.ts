/** One process at a time on this machine, by a name in Linux's abstract socket namespace: the kernel frees it
 *  when its holder dies. */
import { createHash } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  /** A holder that answers no visitor for so long is stopped, and not waited for: what it does once it goes
   *  on is the caller's to fence off. */
  readonly silentForMs?: number;
  readonly signal?: AbortSignal;
  /** Called about once a second. */
  readonly waiting?: (seconds: number) => void;
}

const retryEveryMs = 100;
const retriesToAVisit = 10;
/** How long one may take, and about how often there is one. */
const visitMs = 1000;

export async function withLock<T>(
  subject: string,
  work: () => Promise<T>,
  options: WaitOptions = {},
): Promise<T> {
  const name = `\0counterflow-${createHash('sha256').update(subject).digest('hex').slice(0, 32)}`;
  const lock = (await tryToHold(name)) ?? (await wait(name, options));
  try {
    return await work();
  } finally {
    lock?.close();
  }
}

/** null: its holder is stopped. */
async function wait(
  name: string,
  { silentForMs = Infinity, signal, waiting }: WaitOptions,
): Promise<Server | null> {
  let [seconds, silentMs] = [0, 0];
  for (let turn = 1; silentMs < silentForMs; turn += 1) {
    await sleep(retryEveryMs, undefined, { signal });
    const lock = await tryToHold(name);
    if (lock) return lock;
    if (turn % retriesToAVisit !== 0) continue;
    silentMs = (await isAnswered(name)) ? 0 : silentMs + visitMs;
    waiting?.((seconds += visitMs / 1000));
  }
  return null;
}

/** A holder that runs ends the visit at once; a name that nobody holds any more refuses it. */
function isAnswered(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const visitor = connect({ path: name });
    visitor.setTimeout(visitMs, () => {
      visitor.destroy();
      resolve(false);
    });
    visitor
      .once('end', () => resolve(true))
      .once('error', () => resolve(true))
      .resume();
  });
}

function tryToHold(name: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((visitor) => visitor.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    );
    server.listen({ path: name }, () => resolve(server));
  });
}
