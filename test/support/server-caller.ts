/** A process that needs the server of a folder until its input ends; prints the handle: `server-caller.ts
 *  <out>`. */
import { ensureServer, stopServer } from '../../infra/temporal/dev-server.ts';

const out = process.argv[2]!;
process.stdout.write(`${JSON.stringify(await ensureServer({ out }))}\n`);
process.stdin.resume().on('end', async () => {
  await stopServer(out);
  process.exit(0);
});
