/** A remembered output as text: JSON that carries its own SHA-256, so that a record with a flipped bit is no record. */
import { createHash } from 'node:crypto';

export interface ActionRecord {
  readonly activity: string;
  readonly spec: unknown;
  readonly output: unknown;
  readonly at: string;
}

export function encodeAction(record: ActionRecord): string {
  const sha256 = createHash('sha256').update(JSON.stringify(record)).digest('hex');
  return JSON.stringify({ ...record, sha256 }, null, 1);
}

/** null: it is not whole, byte for byte. */
export function decodeAction(text: string): ActionRecord | null {
  try {
    const { sha256: _, ...record } = JSON.parse(text) as ActionRecord & { readonly sha256: string };
    return encodeAction(record) === text ? record : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}
