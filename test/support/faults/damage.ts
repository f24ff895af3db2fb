/** What a bad disk, a careless hand or an interrupted copy does to a file: a part of it is missing, a bit is
 *  another, or it is gone. */
import { chmodSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';

export const damages = ['truncated', 'bit-flipped', 'deleted'] as const;
export type Damage = (typeof damages)[number];

/** In place, and half of the time with the times it had before. */
export function damageFile(path: string, damage: Damage, random: () => number): void {
  if (damage === 'deleted') return rmSync(path);
  const { size, atime, mtime } = statSync(path);
  const at = Math.floor(random() * size);
  chmodSync(path, 0o644);
  if (damage === 'truncated') truncateSync(path, at);
  else
    writeFileSync(
      path,
      readFileSync(path).map((byte, i) => (i === at ? byte ^ (1 << Math.floor(random() * 8)) : byte)),
    );
  if (random() < 0.5) utimesSync(path, atime, mtime);
}
