/** What the names in a pickle of weights stand for (torch/_utils.py, torch/_tensor.py): tensors, parameters,
 *  storages and OrderedDict. Every other name is refused, with the remedy where it is one that torch writes;
 *  nothing is executed. */
import { BadInputError } from '../../ports/data-errors.ts';
import { pickleShown } from './shown.ts';
import { CheckpointTensor, isStorageType, type Storage, type StorageType } from './tensor.ts';
import type { PickleRules, PickleValue } from './unpickle.ts';

/** The bytes of a storage of `count` elements, asked for when its values are. */
export type OpenStorage = (key: string, type: StorageType, count: number) => () => Uint8Array;

/** A name the pickle may use; what is done with it is decided in `calls`, and in `persistent` for a storage's
 *  type. */
interface Known {
  readonly known: 'OrderedDict' | 'tensor' | 'parameter' | 'typed tensor' | 'Tensor' | StorageType;
}
const names: Readonly<Record<string, Known['known']>> = {
  'collections.OrderedDict': 'OrderedDict',
  'torch.Tensor': 'Tensor',
  'torch._utils._rebuild_tensor_v2': 'tensor',
  'torch._utils._rebuild_parameter': 'parameter',
  'torch._utils._rebuild_parameter_with_state': 'parameter',
  'torch._tensor._rebuild_from_type': 'typed tensor',
  'torch._tensor._rebuild_from_type_v2': 'typed tensor',
};

/** What torch writes by names that are not read: what it is, and how to save it so that it is. The first that
 *  fits. */
const unread: readonly (readonly [name: RegExp, what: string, remedy: string])[] = [
  [
    /^torch\.Complex\w*Storage$/,
    'complex numbers',
    'Save their real and imaginary parts as tensors of their own',
  ],
  [
    /^torch\._utils\._rebuild_(sparse\w*tensor|nested_tensor)$/,
    'a sparse or nested tensor',
    'Save it with .to_dense()',
  ],
  [
    /^torch\._utils\._rebuild_qtensor$|^torch\.Q\w+Storage$/,
    'a quantized tensor',
    'Save it with .dequantize()',
  ],
  [
    /^torch\._utils\._rebuild_meta_tensor_no_storage$/,
    'a tensor on the device meta, which has no values',
    'Save a network that has its weights',
  ],
  [
    /^torch\._utils\._rebuild_tensor_v3$/,
    'a tensor of an element type that older versions of torch do not have',
    'Save it with .float()',
  ],
  [/^torch\._utils\._rebuild_(device|xla|hpu|maia)\w*$/, 'a tensor of another device', 'Save it with .cpu()'],
  [/^__torch__\./, 'a TorchScript program', "Save the network's state_dict()"],
  [/^torch\.nn\.(modules|parallel)\./, 'a whole network, which is a program', 'Save its state_dict()'],
];

const isKnown = (value: unknown): value is Known =>
  typeof value === 'object' && value !== null && 'known' in value;
const isStorage = (value: unknown): value is Storage =>
  typeof value === 'object' && value !== null && 'bytes' in value;

/** Rules of a pickle whose storages `open` gives. Each throws BadInputError. */
export const weightRules = (open: OpenStorage): PickleRules => ({
  global(name) {
    const own = Object.hasOwn(names, name) ? names[name] : undefined;
    const storage = name.replace(/^torch\./, '');
    if (own === undefined && !(name.startsWith('torch.') && isStorageType(storage))) throw unknownName(name);
    return { known: own ?? storage } as Known;
  },
  call: (callee, args) => called(isKnown(callee) ? callee.known : 'what is no name', args),
  persistent(id) {
    const [word, type, key, , count, view] = Array.isArray(id) ? (id as unknown[]) : [];
    if (
      word !== 'storage'
      || typeof key !== 'string'
      || !isKnown(type)
      || !isStorageType(type.known)
      || !isCount(count)
      || view != null
    ) {
      throw new BadInputError('it names something outside the pickle that is no storage');
    }
    return { type: type.known, count, bytes: open(key, type.known, count) } satisfies Storage;
  },
});

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

function unknownName(name: string): BadInputError {
  const [, what, remedy] = unread.find(([pattern]) => pattern.test(name)) ?? [];
  if (what !== undefined)
    return new BadInputError(
      `it holds ${what} (${JSON.stringify(name)}), which is not read; nothing was executed. ${remedy}`,
    );
  return new BadInputError(
    `it asks for ${JSON.stringify(name)}, which is none of what weights are made of; nothing was executed`,
  );
}

function called(known: string, args: readonly PickleValue[]): PickleValue {
  if (known === 'OrderedDict' && args.length === 0) return new Map();
  if (known === 'tensor' && args.length >= 4 && args.length <= 7 && isStorage(args[0])) {
    return new CheckpointTensor(args[0], args[1], args[2], args[3], isNegated(args[6]));
  }
  if (known === 'parameter' && args[0] instanceof CheckpointTensor) return args[0];
  // a tensor with attributes of its own, which change none of its values: the call that makes it, then the
  // attributes
  if (known === 'typed tensor' && isTensorCall(args)) return called('tensor', args[2]);
  throw new BadInputError(
    `it calls ${known} with ${args.length} arguments, which weights do not need; nothing was executed`,
  );
}

const isTensorCall = (
  args: readonly PickleValue[],
): args is readonly [Known, Known, readonly PickleValue[], PickleValue] =>
  args.length === 4
  && isKnown(args[0])
  && args[0].known === 'tensor'
  && isKnown(args[1])
  && args[1].known === 'Tensor'
  && Array.isArray(args[2]);

/** The bits of a view that change how its values are read: `neg` of .conj().imag, `conj` of complex numbers
 *  alone. */
function isNegated(metadata: PickleValue): boolean {
  if (metadata === undefined || metadata === null) return false;
  const bits = metadata instanceof Map ? [...(metadata as Map<unknown, unknown>)] : null;
  const strange = bits?.find(
    ([name, value]) => (name !== 'neg' && name !== 'conj') || typeof value !== 'boolean',
  );
  if (!bits || strange)
    throw new BadInputError(
      `a tensor has the mark ${strange ? pickleShown(strange) : pickleShown(metadata)}, of which `
        + 'nothing is known. Save it with .clone()',
    );
  const marks = new Map(bits);
  if (marks.get('conj') === true)
    throw new BadInputError(
      'a tensor has the mark conj, of complex numbers, which are not read. Save it with '
        + '.resolve_conj() and its parts apart',
    );
  return marks.get('neg') === true;
}
