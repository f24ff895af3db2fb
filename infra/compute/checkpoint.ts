/** A training's checkpoint: every variable but the data, and the counters, as one safetensors file. */
import { createHash } from 'node:crypto';
import type { ArtifactRef } from '../../activities/contracts/artifact.ts';
import { SafetensorsFile } from '../../activities/formats/safetensors-file.ts';
import { encodedBytes, safetensorsStart } from '../../activities/formats/safetensors.ts';
import { writeScratchInParts } from '../../activities/disk/scratch.ts';
import { checkFinite } from '../../models/training/divergence.ts';
import { isPartVariable } from '../../models/training/micro-batch.ts';
import type { CreatedTraining } from '../../models/create-training.ts';
import { firstCounters, type Counters } from '../../models/training/updates.ts';
import type { Piece, Session } from '../../models/graph/program.ts';
import { dtypeBytes } from '../../models/graph/values.ts';
import type { NamedArrays, Values } from '../../models/core/tensors.ts';
import { collectGarbage } from './collect-garbage.ts';
import { damaged } from '../store/unusable-artifact.ts';
import { constantsName, constantsOf, legend, namedParts } from './named-parameters.ts';

export interface Checkpoint {
  /** Values are read when they are asked for, each time anew: no two arrays need be in memory. */
  readonly arrays: NamedArrays;
  readonly counters: Counters;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Variables that are data, loaded anew, or sums within one update: not part of a training's state. */
const isPassing = (name: string): boolean =>
  name === 'data' || /^(data|probe)\./.test(name) || isPartVariable(name);

export const stateNames = (training: CreatedTraining): string[] =>
  Object.keys(training.program.variables).filter((name) => !isPassing(name));

/** Bytes of a training's state. */
export const stateBytes = (training: CreatedTraining): number =>
  4
  * stateNames(training).reduce((sum, name) => sum + dtypeBytes(training.program.variables[name]!.shape), 0);

/** Gives `use` a checkpoint for as long as it takes. What is read is held against the artifact it should be,
 *  whatever was found of the file before. Throws StorageError, SafetensorsError. */
export async function withCheckpoint<T>(
  path: string,
  artifact: ArtifactRef | null,
  use: (checkpoint: Checkpoint) => T | Promise<T>,
): Promise<T> {
  const file = new SafetensorsFile(path);
  const check = async (): Promise<void> => {
    if (artifact !== null && (await file.hash()) !== artifact.sha256)
      throw damaged(path, file.bytes, artifact);
  };
  try {
    const before = file.stamp();
    await check();
    const used = await use({
      arrays: arraysIn(file),
      metadata: file.metadata,
      counters: storedCounters(file.metadata.counters),
    });
    if (file.stamp() !== before) await check();
    return used;
  } finally {
    file.close();
  }
}

function arraysIn(file: SafetensorsFile): NamedArrays {
  const { [constantsName]: _, ...state } = file.arrays;
  return Object.fromEntries(
    Object.entries(state).map(([name, { shape, dtype }]) => [
      name,
      {
        shape,
        dtype,
        get values(): Values {
          return file.values(name, dtype);
        },
      },
    ]),
  );
}

/** As they come back from a checkpoint: JSON has no -0, and leaves out what is undefined. */
export const storedCounters = (text: string | undefined): Counters => ({
  ...firstCounters,
  ...(JSON.parse(text ?? 'null') as Partial<Counters> | null),
});

export interface WrittenCheckpoint {
  /** Of the file. */
  readonly sha256: string;
  /** SHA-256 of the models' weights. */
  readonly weights: { readonly raw: string; readonly averaged: string };
}

/** Values that are in memory at a time, beside the variables: 16 MiB, in float32. Pieces of 128 MiB left
 *  holes in TensorFlow's memory, which grew by 0.6 GB over ten segments of the paper's flow. */
const pieceLength = 2 ** 22;

/** Writes the state of `session`, piece after piece. What is hashed is what was in memory: a file that does
 *  not hold it is seen wherever it is read. Throws DivergedError where a value is not finite: what is written
 *  can be gone on from. */
export async function writeCheckpoint(
  file: string,
  training: CreatedTraining,
  session: Session,
  counters: Counters,
  metadata: Readonly<Record<string, string>>,
): Promise<WrittenCheckpoint> {
  const constants = constantsOf(training);
  const specs = {
    ...constants,
    ...Object.fromEntries(stateNames(training).map((name) => [name, training.program.variables[name]!])),
  };
  const { header, names, bytes } = safetensorsStart(
    specs,
    { ...metadata, arrays: legend, counters: JSON.stringify(counters) },
    namedParts(training),
  );
  const players = (suffix: string): string[] => training.players.map(({ name }) => `${name}${suffix}`);
  let hash = createHash('sha256');
  await writeScratchInParts(file, bytes, function* () {
    hash = createHash('sha256').update(header);
    yield header;
    for (const { name, values } of piecesOf(names, constants, session)) {
      checkFinite(counters.update, { [name]: values });
      hash.update(encodedBytes({ values }));
      yield encodedBytes({ values });
      collectGarbage(values.byteLength);
    }
  });
  const hashed = (suffix: string): string => hashOf(session, players(suffix));
  return { sha256: hash.digest('hex'), weights: { raw: hashed(''), averaged: hashed('.average') } };
}

function* piecesOf(names: readonly string[], constants: NamedArrays, session: Session): Iterable<Piece> {
  for (const name of names)
    yield* constants[name] ? [{ name, values: constants[name].values }] : session.pieces([name], pieceLength);
}

function hashOf(session: Session, names: readonly string[]): string {
  const hash = createHash('sha256');
  for (const { values } of session.pieces(names, pieceLength)) {
    hash.update(encodedBytes({ values }));
    collectGarbage(values.byteLength);
  }
  return hash.digest('hex');
}
