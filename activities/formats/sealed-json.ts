/** JSON that carries its own SHA-256, so that a file with a flipped bit is no longer one of ours. */
import { createHash } from 'node:crypto';

/** `value` with a last field `sha256`, of its JSON without spaces. One that it has, of what was read and
 *  changed, is replaced. */
export function sealed(value: object, indent: number): string {
  const { sha256: _, ...content } = value as { readonly sha256?: string };
  const sha256 = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return JSON.stringify({ ...content, sha256 }, null, indent);
}

/** What was sealed; null: the text is not that, byte for byte. */
export function unsealed(text: string, indent: number): object | null {
  try {
    const { sha256: _, ...value } = JSON.parse(text) as { readonly sha256: string };
    return sealed(value, indent) === text ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}
