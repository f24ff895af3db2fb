import type { z } from 'zod';
import { ConfigError } from './errors.ts';

/** Settings as the schema completes them. Throws ConfigError with the first thing that is wrong. */
export function checked<Schema extends z.ZodType>(schema: Schema, settings: unknown): z.output<Schema> {
  const { success, data, error } = schema.safeParse(settings, { reportInput: true });
  if (success) return data;
  const { path, message, input } = error.issues[0]!;
  const given = input === undefined ? 'none' : JSON.stringify(input);
  const place = path.length === 0 ? 'the settings' : path.join('.');
  throw new ConfigError(`Expected ${place} to hold what the schema says, got ${given}: ${message}.`);
}
