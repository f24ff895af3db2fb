/** One process at a time on this machine, by a name in Linux's abstract socket namespace: the kernel frees it when its holder dies. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const retryEveryMs = 100;

export async function exclusively<T>(subject: string, work: () => Promise<T>): Promise<T> {
  const name = `\0counterflow-${createHash('sha256').update(subject).digest('hex').slice(0, 32)}`;
  let lock = await tryToHold(name);
  while (!lock) {
    await sleep(retryEveryMs);
    lock = await tryToHold(name);
  }
  try {
    return await work();
  } finally {
    lock.close();
  }
}

function tryToHold(name: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((visitor) => visitor.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(null) : reject(error)));
    server.listen({ path: name }, () => resolve(server));
  });
}
