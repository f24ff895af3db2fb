/** A training's checkpoint: every variable but the data, and the counters, as one safetensors file. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ArtifactRef } from '../../activities/contracts.ts';
import { decodeSafetensors, encodeSafetensors } from '../../activities/safetensors.ts';
import { writeScratch } from '../../activities/scratch.ts';
import { checkFinite } from '../../models/fce/divergence.ts';
import { isPartVariable } from '../../models/fce/micro-batch.ts';
import type { Training } from '../../models/fce/training.ts';
import { firstCounters, type Counters } from '../../models/fce/updates.ts';
import type { Session } from '../../models/graph/program.ts';
import type { NamedArrays, Values } from '../../models/tensors.ts';
import { damaged } from '../store/unusable-artifact.ts';

export interface Checkpoint {
  readonly arrays: NamedArrays;
  readonly counters: Counters;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Variables that are data, loaded anew, or sums within one update: not part of a training's state. */
const isPassing = (name: string): boolean => name === 'data' || /^(data|probe)\./.test(name) || isPartVariable(name);

export const stateNames = (training: Training): string[] =>
  Object.keys(training.program.variables).filter((name) => !isPassing(name));

/** What is read is held against the artifact it should be, whatever was found of the file before. Throws StorageError, SafetensorsError. */
export async function readCheckpoint(file: string, artifact: ArtifactRef | null = null): Promise<Checkpoint> {
  const bytes = await readFile(file);
  if (artifact !== null && createHash('sha256').update(bytes).digest('hex') !== artifact.sha256) throw damaged(file, bytes.length, artifact);
  const { arrays, metadata } = decodeSafetensors(bytes, file);
  return { arrays, metadata, counters: { ...firstCounters, ...JSON.parse(metadata.counters ?? 'null') as Partial<Counters> | null } };
}

/** Writes the state of `session` and returns the SHA-256 of the models' weights, raw and averaged.
 *  Throws DivergedError where a value is not finite: what is written can be gone on from. */
export async function writeCheckpoint(
  file: string,
  training: Training,
  session: Session,
  counters: Counters,
  metadata: Readonly<Record<string, string>>,
): Promise<{ raw: string; averaged: string }> {
  const values = session.read(stateNames(training));
  checkFinite(counters.update, values);
  const arrays: NamedArrays = Object.fromEntries(
    Object.entries(values).map(([name, array]) => [name, { ...training.program.variables[name]!, values: array }]),
  );
  await writeScratch(file, encodeSafetensors(arrays, { ...metadata, counters: JSON.stringify(counters) }));
  const hash = (suffix: string): string => hashOf(training.players.map(({ name }) => values[`${name}${suffix}`]!));
  return { raw: hash(''), averaged: hash('.average') };
}

function hashOf(arrays: readonly Values[]): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of arrays) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}
