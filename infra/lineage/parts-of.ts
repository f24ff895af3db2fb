/** What a step's key is made of, as flat parts: two keys differ where these do. */
import { flatten } from '../../activities/config/dotted.ts';
import type { ArtifactRef } from '../../activities/contracts/artifact.ts';
import type { ActionRecord } from '../store/action-record.ts';
import { isArtifact } from '../store/artifacts-in.ts';
import type { LineagePart } from './lineage.ts';

export interface KeyPart {
  readonly part: LineagePart;
  readonly value: string | number | boolean | null;
}

/** By name. Circumstances are left out where an earlier version did not keep them. */
export function artifactParts({
  spec,
  salt,
  circumstances,
}: Pick<ActionRecord, 'spec' | 'salt' | 'circumstances'>): Map<string, KeyPart> {
  const inputs = new Map(inputsIn(spec).map(({ path, ref }) => [path, ref.sha256]));
  const asked = flatten(withHashes(spec)).map(([name, value]): [string, KeyPart] => [
    name,
    { part: inputs.has(name) ? 'input' : 'configuration', value },
  ]);
  return new Map([
    ...asked,
    ...(salt === undefined ? [] : [['salt', { part: 'salt', value: salt }] as const]),
    ...(circumstances ? around(circumstances) : []),
  ]);
}

function around({ code, native, threads }: NonNullable<ActionRecord['circumstances']>): [string, KeyPart][] {
  const { device = null, ...versions } = native;
  return [
    ['code', { part: 'code', value: code }],
    ...Object.entries(versions).map(([name, value]): [string, KeyPart] => [name, { part: 'version', value }]),
    ['device', { part: 'device', value: device }],
    ['threads', { part: 'threads', value: threads }],
  ];
}

/** Artifacts with their places in what was asked for. */
export function inputsIn(value: unknown, path = ''): { readonly path: string; readonly ref: ArtifactRef }[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isArtifact(value)) return [{ path, ref: value }];
  return Object.entries(value).flatMap(([name, inner]) =>
    inputsIn(inner, path === '' ? name : `${path}.${name}`),
  );
}

/** Artifacts as their hashes: one part, not three. */
function withHashes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isArtifact(value)) return value.sha256;
  if (Array.isArray(value)) return value.map(withHashes);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withHashes(inner)]));
}
