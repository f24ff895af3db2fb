/** A data set, and what has happened to it. */
import type { Files } from './clean-sets.ts';

export interface PoisonedSet {
  /** An experiment that reads it. */
  readonly experiment: string;
  /** As `--set dataset=` takes it. */
  readonly dataset: Readonly<Record<string, unknown>>;
  readonly clean: () => Files | Promise<Files>;
}

export interface Poison {
  readonly name: string;
  readonly set: PoisonedSet;
  /** The files that change, by name; null: it is gone. */
  readonly change: (clean: Files, random: () => number) => Change | Promise<Change>;
  /** Files that may be named in place of the changed ones: those they do not go with. */
  readonly names?: readonly string[];
  /** Why another content may pass unseen; left out where it must not. */
  readonly unseen?: string;
}
export type Change = Readonly<Record<string, Uint8Array | null>>;

export const pick = <T>(items: readonly T[], random: () => number): T =>
  items[Math.floor(random() * items.length)]!;

/** A value at a place of a copy. */
export function withBytes(bytes: Uint8Array, at: number, ...values: readonly number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(values, at);
  return copy;
}
