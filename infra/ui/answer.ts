/** What the local page answers: plain data, so that routes can be tested without a socket. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export const text = (status: number, body: string): Answer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: `${body}\n`,
});
export const pageAnswer = (body: string, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body,
});
/** After a form was sent: the page that shows what came of it. */
export const seeOther = (location: string): Answer => ({ status: 303, headers: { location }, body: '' });
