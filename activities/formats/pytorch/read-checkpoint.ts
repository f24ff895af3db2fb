/** Weights from a file of torch.save, in both of its forms (torch/serialization.py):
 *  - zip, since PyTorch 1.6: `data.pkl`, and the bytes of each storage in `data/<key>`;
 *  - legacy: pickles of a magic number, the protocol and the machine, then of the object, of the storages'
 *    keys, and after them each storage as a count of 8 bytes and its elements. Which classes and functions it
 *    knows is in `weight-rules.ts`; every other name is refused and nothing is executed. */
import { BadInputError } from '../../ports/data-errors.ts';
import { hasMagic, magics, remedyFor } from '../foreign-form.ts';
import { zipEntries } from '../zip-entries.ts';
import { ByteReader } from './byte-reader.ts';
import { pickleShown } from './shown.ts';
import { weightRules } from './weight-rules.ts';
import { CheckpointTensor, storageBytes } from './tensor.ts';
import { unpickle, type PickleValue } from './unpickle.ts';

const legacyMagic = 0x1950a86a20f9469cfc6cn;
const legacyProtocol = 1001;
/** The FID Inception network has 96 MB; the file and its unpacked content are in memory together. */
export const largestCheckpoint = 2 ** 27;

const expected = 'Expected a state dictionary of tensors, as torch.save writes it.';

/** Tensors by name: of a state dictionary, or of the one under `state_dict` or `model`. Their values are read
 *  when asked for. `name` is the file's, for messages. Throws BadInputError. */
export async function readCheckpoint(
  bytes: Uint8Array,
  name: string,
): Promise<Map<string, CheckpointTensor>> {
  try {
    return tensorsOf(hasMagic(bytes, magics.zip) ? await readZip(bytes, name) : readLegacy(bytes));
  } catch (error) {
    if (!(error instanceof BadInputError)) throw error;
    throw new BadInputError(
      `${name} is no PyTorch checkpoint that can be read: ${error.message}. `
        + `${remedyFor(bytes, expected, magics.zip)}`,
    );
  }
}

async function readZip(bytes: Uint8Array, name: string): Promise<PickleValue> {
  // stored, not compressed: the files together are never larger than the archive
  const files = await zipEntries(bytes, { name, atMost: bytes.length });
  const pickle = [...files.keys()].find((file) => /^[^/]+\/data\.pkl$/.test(file));
  if (pickle === undefined) throw new BadInputError('the archive has no data.pkl');
  const folder = pickle.slice(0, -'data.pkl'.length);
  const order = files.get(`${folder}byteorder`);
  if (order && Buffer.from(order).toString() !== 'little')
    throw new BadInputError(
      `its byte order is ${Buffer.from(order).toString()}, and only little can be read`,
    );
  return unpickle(
    new ByteReader(files.get(pickle)!),
    weightRules((key, type, count) => {
      const found = files.get(`${folder}data/${key}`);
      if (found?.length !== storageBytes(type, count)) {
        throw new BadInputError(
          `storage ${key} should have ${storageBytes(type, count)} bytes, and `
            + `${found ? `has ${found.length}` : 'is missing'}`,
        );
      }
      return () => found;
    }),
  );
}

function readLegacy(bytes: Uint8Array): PickleValue {
  const reader = new ByteReader(bytes);
  const plain = () =>
    unpickle(
      reader,
      weightRules(() => {
        throw new BadInputError('a storage is named where none can be');
      }),
    );
  if (plain() !== legacyMagic)
    throw new BadInputError('it has neither the magic number of torch.save nor that of a zip archive');
  const protocol = plain();
  if (protocol !== legacyProtocol)
    throw new BadInputError(
      `it has protocol ${pickleShown(protocol)}, and ${legacyProtocol} is the one known`,
    );
  const machine = plain();
  if (!(machine instanceof Map) || machine.get('little_endian') !== true)
    throw new BadInputError('it was not written on a little-endian machine');
  const storages = new Map<string, { readonly byteCount: number; readonly count: number; at?: Uint8Array }>();
  const value = unpickle(
    reader,
    weightRules((key, type, count) => {
      const known = storages.get(key) ?? { byteCount: storageBytes(type, count), count };
      if (known.byteCount !== storageBytes(type, count))
        throw new BadInputError(`storage ${key} is named with two sizes`);
      storages.set(key, known);
      return () => known.at!;
    }),
  );
  readStorages(reader, storages, plain());
  return value;
}

/** Every storage the pickle named, in the order of the keys. */
function readStorages(
  reader: ByteReader,
  storages: Map<string, { readonly byteCount: number; readonly count: number; at?: Uint8Array }>,
  keys: PickleValue,
): void {
  if (!Array.isArray(keys) || keys.length !== storages.size)
    throw new BadInputError(`its list of storages does not name the ${storages.size} that its tensors need`);
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage || storage.at)
      throw new BadInputError(
        `its list of storages names ${pickleShown(key)}, ${storage ? 'twice' : 'which no tensor needs'}`,
      );
    const count = reader.int64();
    if (count !== BigInt(storage.count))
      throw new BadInputError(
        `storage ${pickleShown(key)} should have ${storage.count} elements, and has ${count}`,
      );
    storage.at = reader.take(storage.byteCount);
  }
}

function tensorsOf(value: PickleValue): Map<string, CheckpointTensor> {
  const inner =
    value instanceof Map
      ? ['state_dict', 'model'].map((key): unknown => value.get(key)).find((one) => one instanceof Map)
      : undefined;
  const state = inner ?? value;
  const entries = state instanceof Map ? [...(state as Map<unknown, unknown>)] : [];
  const tensors = new Map(
    entries.filter(
      (entry): entry is [string, CheckpointTensor] =>
        typeof entry[0] === 'string' && entry[1] instanceof CheckpointTensor,
    ),
  );
  if (tensors.size === 0) throw new BadInputError('it holds no tensors by name');
  return tensors;
}
