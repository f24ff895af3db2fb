import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Threads of a process killed a moment ago may still hold its port. */
const releasedWithinMs = 2000;
const lookEveryMs = 100;

/** `preferred` if nobody listens there on 127.0.0.1, or soon nobody does; else any free port. */
export async function freePort(preferred?: number): Promise<number> {
  return (preferred === undefined ? null : await untilFree(preferred)) ?? (await tryPort(0))!;
}

async function untilFree(port: number): Promise<number | null> {
  for (let waited = 0; waited < releasedWithinMs; waited += lookEveryMs) {
    if ((await tryPort(port)) !== null) return port;
    await sleep(lookEveryMs);
  }
  return null;
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host: '127.0.0.1' }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? null) : null));
    });
  });
}
