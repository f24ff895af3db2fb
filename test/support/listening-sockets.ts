/** Where a process listens for TCP, read from the kernel's tables: proc_net(5), and the sockets among the
 *  process's files. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ListeningSocket {
  /** As in the kernel's table: hexadecimal, `127.0.0.1` is `0100007F`. */
  readonly address: string;
  readonly port: number;
  readonly loopback: boolean;
}

const listens = '0A';
/** Whole 127.0.0.0/8, ::1 and 127.0.0.0/8 within IPv6; each word of four bytes is little-endian. */
const loopback = /^(?:[0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F)$/;

export function listeningSockets(pid: number): ListeningSocket[] {
  const own = new Set(readdirSync(`/proc/${pid}/fd`).map((file) => targetOf(`/proc/${pid}/fd/${file}`)));
  return ['tcp', 'tcp6']
    .flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, 'utf8').trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === listens && own.has(`socket:[${fields[9]}]`))
    .map((fields) => {
      const [address, port] = fields[1]!.split(':') as [string, string];
      return { address, port: Number.parseInt(port, 16), loopback: loopback.test(address) };
    });
}

/** A file may be closed while we look. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}
