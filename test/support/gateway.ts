/** A Temporal server as others run it: the dev server behind TLS with client certificates, and behind API
 *  keys that are looked at. */
import { once } from 'node:events';
import {
  connect,
  constants,
  createSecureServer,
  type ClientHttp2Session,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificates.ts';

/** Of HTTP/1, and what each hop says for itself. */
const ofTheHop = new Set(['connection', 'host', 'keep-alive', 'transfer-encoding', ':authority', ':scheme']);
const unauthenticated = 16;

export class Gateway {
  /** What each key, by its name in requests, is good for. */
  readonly #keys: ReadonlyMap<string, 'valid' | 'expired'>;
  readonly #server: Http2SecureServer;
  readonly #upstream: ClientHttp2Session;
  readonly #sessions = new Set<{ destroy(): void }>();
  /** Programs whose requests were let in, as they call themselves. */
  readonly letIn = new Set<string>();

  static async open(
    target: string,
    { cert, key }: Certificate,
    authority: Certificate,
    keys: ReadonlyMap<string, 'valid' | 'expired'>,
  ): Promise<Gateway> {
    const server = createSecureServer({
      cert,
      key,
      ca: authority.cert,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const gateway = new Gateway(server, connect(`http://${target}`), keys);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return gateway;
  }

  private constructor(
    server: Http2SecureServer,
    upstream: ClientHttp2Session,
    keys: ReadonlyMap<string, 'valid' | 'expired'>,
  ) {
    this.#server = server;
    this.#upstream = upstream;
    this.#keys = keys;
    server.on('session', (session) => this.#sessions.add(session));
    server.on('stream', (stream, headers) => this.#take(stream, headers));
    upstream.on('error', () => undefined);
  }

  get address(): string {
    return `localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    this.#upstream.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    stream.on('error', () => undefined);
    const key = headers.authorization?.replace(/^Bearer /, '');
    const state = this.#keys.get(key ?? '');
    // repeats the key in its words, as a server should not
    if (state !== 'valid')
      return refuse(
        stream,
        state === 'expired' ? `the key ${key} has expired` : `the key ${key} is not known here`,
      );
    this.letIn.add(String(headers['user-agent']));
    forward(stream, this.#upstream, headers);
  }
}

export function refuse(stream: ServerHttp2Stream, message: string): void {
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': String(unauthenticated),
      'grpc-message': message,
    },
    { endStream: true },
  );
}

function forward(
  stream: ServerHttp2Stream,
  upstream: ClientHttp2Session,
  headers: IncomingHttpHeaders,
): void {
  const request = upstream.request(
    Object.fromEntries(Object.entries(headers).filter(([name]) => !ofTheHop.has(name))),
  );
  let trailers: IncomingHttpHeaders = {};
  request.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
  request.on('trailers', (received) => {
    trailers = received;
  });
  request.on('response', (response, flags) => {
    if (stream.destroyed) return;
    if (flags & constants.NGHTTP2_FLAG_END_STREAM) return stream.respond(response, { endStream: true });
    stream.respond(response, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    request.pipe(stream);
  });
  stream.on('close', () => request.close(constants.NGHTTP2_CANCEL));
  stream.pipe(request);
}
