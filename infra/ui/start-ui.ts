/** The local user interface: pages of a folder's runs, for browsers on this machine. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CounterflowError } from '../base/user-error.ts';
import { exitCodes } from '../base/exit-codes.ts';
import { invocation } from '../base/invocation.ts';
import type { ServerFlags } from '../temporal/choose-server.ts';
import { withoutSecrets } from '../temporal/secrets.ts';
import { text, type Answer } from './answer.ts';
import { Actions } from './actions.ts';
import { Guard, securityHeaders } from './guard.ts';
import { streamPage } from './live-stream.ts';
import { PageModel } from './page-model.ts';
import { get, pageAt, post, type Routes } from './routes.ts';

export interface Ui {
  readonly url: string;
  /** Ends when what its buttons began is done. */
  close(): Promise<void>;
}

/** A form of ours has a token and nothing else. */
const largestForm = 1024;
const loopback = '127.0.0.1';

/** `port`: 0 for a free one. Throws CounterflowError. */
export async function startUi(out: string, flags: ServerFlags, port: number): Promise<Ui> {
  const server = createServer();
  await listen(server, port);
  const guard = new Guard((server.address() as AddressInfo).port);
  const actions = new Actions(out, flags);
  const look = new PageModel(out, flags, actions, guard.token);
  const closing = new AbortController();
  const routes: Routes = { out, look, actions, token: guard.token };
  server.on('request', (request, response) => void respond(routes, guard, request, response, closing.signal));
  return {
    url: `http://${loopback}:${(server.address() as AddressInfo).port}/`,
    async close() {
      closing.abort();
      server.close();
      server.closeIdleConnections();
      await actions.settle();
      await look.close();
      server.closeAllConnections();
    },
  };
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  server.listen(port, loopback);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new CounterflowError(
      exitCodes.environment,
      `Expected a free port, but ${loopback}:${port} is in use; another \`${invocation} ui\` may be `
        + 'there already. --port takes another one, 0 any that is free.',
    );
  }
}

async function respond(
  routes: Routes,
  guard: Guard,
  request: IncomingMessage,
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const path = (request.url ?? '/').replace(/[?#].*$/s, '');
  try {
    const refusal = guard.refuseAsker(request.headers);
    if (refusal) return send(response, refusal);
    if (request.method === 'GET' && path.startsWith('/live/')) {
      response.writeHead(200, { ...securityHeaders, 'content-type': 'text/event-stream' });
      return await streamPage(response, () => pageAt(routes.look, path.slice('/live'.length)), closing);
    }
    if (request.method === 'GET' || request.method === 'HEAD') return send(response, await get(routes, path));
    if (request.method !== 'POST')
      return send(response, text(405, `Expected GET or POST, got ${request.method}.`));
    const form = new URLSearchParams(await bodyOf(request));
    send(response, guard.refuseForm(request.headers, form.get('token')) ?? (await post(routes, path)));
  } catch (error) {
    if (response.headersSent) response.end();
    else
      send(
        response,
        error instanceof URIError
          ? text(400, `Expected a path, got ${path}.`)
          : text(500, withoutSecrets(error instanceof Error ? error.message : String(error))),
      );
  }
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...securityHeaders, ...headers }).end(body);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > largestForm) return '';
  }
  return body;
}
