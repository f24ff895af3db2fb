import { randomBytes } from 'node:crypto';

/** `<experiment>-s<seed>-<yyyymmdd-hhmmss>-<4 hex>`, by the local clock. */
export function createRunId(experiment: string, seed: number, at = new Date()): string {
  const digits = (value: number): string => String(value).padStart(2, '0');
  const date = [at.getFullYear(), at.getMonth() + 1, at.getDate()].map(digits).join('');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(digits).join('');
  return `${experiment}-s${seed}-${date}-${time}-${randomBytes(2).toString('hex')}`;
}
