/** An HTTP proxy that makes tunnels, all of them to one place, and remembers who asked for what. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export class ConnectProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** HOST:PORT of each tunnel that was asked for, and the login it was asked with. */
  readonly asked: { readonly target: string; readonly login: string | null }[] = [];

  /** `refusal`: the status with which every tunnel is refused. */
  static async open(target: string, refusal: string | null = null): Promise<ConnectProxy> {
    const server = createServer();
    const proxy = new ConnectProxy(server, target, refusal);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  private constructor(server: Server, target: string, refusal: string | null) {
    this.#server = server;
    server.on('connect', ({ url, headers }, client: Socket) => {
      const login = headers['proxy-authorization']?.replace(/^Basic /, '');
      this.asked.push({
        target: url!,
        login: login === undefined ? null : Buffer.from(login, 'base64').toString(),
      });
      if (refusal !== null) return void client.end(`HTTP/1.1 ${refusal}\r\n\r\n`);
      const port = Number(target.split(':').at(-1));
      const upstream = connect(port, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(socket);
        socket
          .on('error', () => other.destroy())
          .on('close', () => other.destroy())
          .pipe(other);
      }
    });
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
