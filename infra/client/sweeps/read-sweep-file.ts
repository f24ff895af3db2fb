/** A sweep file: YAML (or JSON, which is YAML too), read as data only, or a TypeScript or JavaScript module,
 *  which is run. */
import { randomUUID } from 'node:crypto';
import { basename, extname } from 'node:path';
import { sweepFileSchema, type SweepFile } from '../../../activities/sweep/sweep-schema.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { describeIssue } from '../../base/describe-issue.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { invocation } from '../../base/invocation.ts';
import { defaultExportOf, moduleEndings } from '../../base/load-module.ts';
import { readYaml, requireSmallFile } from '../../base/read-yaml.ts';

/** `name` is set. Throws CounterflowError. */
export async function readSweepFile(path: string): Promise<SweepFile & { readonly name: string }> {
  await requireSmallFile(
    path,
    `Expected an existing sweep file, got ${JSON.stringify(path)}; \`${invocation} sweep --help\` `
      + 'shows what is in one.',
  );
  const content = moduleEndings.includes(extname(path))
    ? await defaultExportOf(path, 'a sweep', randomUUID())
    : await readYaml(path);
  const file = basename(path);
  const { success, data, error } = sweepFileSchema.safeParse(content, { reportInput: true });
  if (!success)
    throw refused(
      describeIssue([error.issues[0]!.path.join('.'), file].filter(Boolean).join(' of '), error.issues[0]!),
    );
  return {
    ...data,
    name:
      data.name ?? file.slice(0, file.length - extname(file).length).replace(/^[^A-Za-z0-9]+|[^\w.-]/g, ''),
  };
}

const refused = (sentence: string): CounterflowError => new CounterflowError(exitCodes.badInput, sentence);
