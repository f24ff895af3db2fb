/** A database that the server cannot read is kept beside the new one: resuming needs no history, but somebody
 *  may want to look. */
import { existsSync, renameSync } from 'node:fs';

/** SQLite's own words, and those of a server whose tables are gone. */
const unreadable = /file is not a database|database disk image is malformed|no such table/;

export const isUnreadable = (log: string): boolean => unreadable.test(log);

/** With its journal, which belongs to it alone. Returns where the database is now. */
export function setAside(database: string, now: Date): string {
  const kept = `${database}.unreadable-${now.toISOString().replace(/[-:]|\.\d+/g, '')}`;
  for (const part of ['', '-wal', '-shm', '-journal']) {
    if (existsSync(database + part)) renameSync(database + part, kept + part);
  }
  return kept;
}
