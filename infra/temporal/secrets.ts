/** Secrets this process knows, to be kept out of whatever it writes: a server's refusal may repeat the key it
 *  was sent. */

const known = new Set<string>();
/** Anything shorter would tear words apart. */
const shortest = 8;

/** PEM is many lines, each of them a secret. */
export function keepSecret(text: string): void {
  for (const line of text.split(/\r?\n/)) {
    if (line.length >= shortest && !line.startsWith('-----'))
      known.add(line).add(JSON.stringify(line).slice(1, -1));
  }
}

export function withoutSecrets(text: string): string {
  return [...known].reduce((left, secret) => left.replaceAll(secret, '[secret]'), text);
}
