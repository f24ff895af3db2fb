/** Who may ask: browsers on this machine that have our own page open. Other sites' pages reach loopback
 *  addresses too. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { text, type Answer } from './answer.ts';

/** Nothing is fetched from elsewhere, no page frames ours, and what a run's files hold is never run as a
 *  script. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; "
    + "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

export class Guard {
  readonly #hosts: ReadonlySet<string>;
  /** In every form of ours: another site's page cannot read it. */
  readonly token = randomBytes(24).toString('base64url');

  constructor(port: number) {
    this.#hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`]);
  }

  /** null: it may. A name that was made to point here is not ours. */
  refuseAsker({ host, 'sec-fetch-site': site, 'sec-fetch-mode': mode }: IncomingHttpHeaders): Answer | null {
    if (site === 'cross-site' && mode !== 'navigate')
      return text(403, 'Expected to be asked by a page of our own.');
    return host !== undefined && this.#hosts.has(host)
      ? null
      : text(
          421,
          `Expected to be asked as ${[...this.#hosts].join(' or ')}, got ${JSON.stringify(host ?? null)}.`,
        );
  }

  /** Of what changes something. null: it may. */
  refuseForm({ origin }: IncomingHttpHeaders, token: string | null): Answer | null {
    const isOurs = origin === undefined || [...this.#hosts].some((host) => origin === `http://${host}`);
    const [given, own] = [Buffer.from(token ?? ''), Buffer.from(this.token)];
    if (isOurs && given.length === own.length && timingSafeEqual(given, own)) return null;
    return text(403, 'Expected a form of this page as it is open now; load the page again and repeat.');
  }
}
