import { createServer } from 'node:net';

/** `preferred` if nobody listens there on 127.0.0.1, else any free port. */
export async function freePort(preferred?: number): Promise<number> {
  return (preferred === undefined ? null : await tryPort(preferred)) ?? (await tryPort(0))!;
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host: '127.0.0.1' }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port ?? null : null));
    });
  });
}
