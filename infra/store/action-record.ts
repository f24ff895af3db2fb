/** A remembered output as text: sealed JSON, so that a record with a flipped bit is no record. */
import type { Remembered } from '../../activities/ports/store.ts';
import { sealed, unsealed } from '../../activities/formats/sealed-json.ts';

export interface ActionRecord extends Remembered<unknown> {
  readonly at: string;
}

const indent = 1;

export const encodeAction = (record: ActionRecord): string => sealed(record, indent);

/** null: it is not whole, byte for byte. */
export const decodeAction = (text: string): ActionRecord | null =>
  unsealed(text, indent) as ActionRecord | null;
