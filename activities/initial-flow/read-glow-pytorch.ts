/** The flow of a checkpoint that y0ast/Glow-PyTorch left. Its train.py has ignite save the network's state
 *  dictionary, in a file of its own or under `model` beside the optimiser's; it is read as data, and nothing
 *  in the file is executed. */
import { flowSchema, type FlowConfig } from '../../models/flow/config.ts';
import { fromGlowPytorch, type PytorchGlow, type Take } from '../../models/flow/glow-pytorch.ts';
import type { NamedArrays } from '../../models/core/tensors.ts';
import { BadInputError } from '../ports/data-errors.ts';
import { readCheckpoint } from '../formats/pytorch/read-checkpoint.ts';
import type { CheckpointTensor } from '../formats/pytorch/tensor.ts';
import { requireFinite, requireSameForm, type FlowForm } from './flow-form.ts';

type Tensors = ReadonlyMap<string, CheckpointTensor>;

/** Parameters by name, as `asked` has them. `name` is the file's, for messages. Throws BadInputError: another
 *  network, another flow than the one asked for, a tensor that is missing, not finite or of another shape.
 *  Throws DataError for a 1x1 convolution without an inverse. */
export const readGlowPytorch = async (
  bytes: Uint8Array,
  name: string,
  asked: FlowForm,
): Promise<NamedArrays> => parametersOf(await readCheckpoint(bytes, name), name, asked);

/** As `readGlowPytorch`, of a checkpoint's tensors. */
export function parametersOf(state: Tensors, name: string, asked: FlowForm): NamedArrays {
  const tensors = withoutPrefix(state);
  requireNetwork(tensors, name);
  const { take, taken } = takeFrom(tensors, name);
  const glow = networkOf(tensors, name);
  requireSameForm(formOf(glow, tensors, take, name), asked, name);
  const params = fromGlowPytorch(glow, take);
  const stray = [...tensors.keys()].find(
    (tensor) => !taken.has(tensor) && !/\.invconv\.(l_mask|eye)$/.test(tensor),
  );
  if (stray !== undefined) {
    throw new BadInputError(
      `Expected only tensors of y0ast/Glow-PyTorch's network in ${name}, got ${stray} too. `
        + 'Give the state dictionary of that network alone.',
    );
  }
  for (const [param, { values }] of Object.entries(params))
    requireFinite(values, `${param}, as made of ${name}`);
  return params;
}

/** Training on several GPUs puts `module.` before every name. */
function withoutPrefix(tensors: Tensors): Tensors {
  const prefix = 'module.';
  if (![...tensors.keys()].every((tensor) => tensor.startsWith(prefix))) return tensors;
  return new Map([...tensors].map(([tensor, value]) => [tensor.slice(prefix.length), value]));
}

/** What cannot be mapped is refused by its name. */
function requireNetwork(tensors: Tensors, name: string): void {
  const names = [...tensors.keys()];
  const refuse = (what: string, remedy: string): never => {
    throw new BadInputError(
      `Expected ${name} to hold the unconditional affine Glow of y0ast/Glow-PyTorch, got ${what}. ${remedy}`,
    );
  };
  if (!names.some((tensor) => /^flow\.layers\.\d+\./.test(tensor))) {
    refuse(
      `tensors ${names.slice(0, 3).join(', ')}${names.length > 3 ? ' and others' : ''}`,
      'Networks of other programs cannot be read.',
    );
  }
  if (names.some((tensor) => tensor.startsWith('project_ycond.'))) {
    refuse('a class-conditional one (project_ycond)', 'Train it without --y_condition.');
  }
  if (!names.some((tensor) => tensor.includes('.invconv.'))) {
    refuse(
      'one without 1x1 convolutions (flow_permutation shuffle or reverse), whose permutations its '
        + 'file does not hold',
      'Train it with --flow_permutation invconv.',
    );
  }
  const [last, first] = ['4', '0'].map((layer) =>
    names.find((tensor) => tensor.endsWith(`.block.${layer}.conv.weight`)),
  );
  const outputs = last && tensors.get(last)!.shape[0];
  const inputs = first && tensors.get(first)!.shape[1];
  if (outputs !== undefined && outputs === inputs) {
    refuse('one of additive couplings (flow_coupling additive)', 'Train it with --flow_coupling affine.');
  }
}

function takeFrom(
  tensors: Tensors,
  name: string,
): { readonly take: Take; readonly taken: ReadonlySet<string> } {
  const taken = new Set<string>();
  const take: Take = (tensor, shape) => {
    const found = shapeOf(tensors, tensor, name);
    if (found.join() !== shape.join()) {
      throw new BadInputError(
        `Expected ${tensor} of shape [${shape}] in ${name}, got [${found}]. Give the whole state `
          + 'dictionary of one network.',
      );
    }
    taken.add(tensor);
    const values = tensors.get(tensor)!.values();
    requireFinite(values, `${tensor} of ${name}`);
    return values;
  };
  return { take, taken };
}

function shapeOf(tensors: Tensors, tensor: string, name: string): readonly number[] {
  const found = tensors.get(tensor);
  if (found === undefined) {
    throw new BadInputError(
      `Expected ${tensor} in ${name}, got no such tensor. Give the whole state dictionary of the network.`,
    );
  }
  return found.shape;
}

/** Layers are numbered through: a squeeze, which has no tensors, the steps of a level, its split, and the
 *  next level's squeeze. */
function networkOf(tensors: Tensors, name: string): PytorchGlow {
  const layers = [...tensors.keys()].flatMap((tensor) => {
    const [, index, part] = /^flow\.layers\.(\d+)\.(\w+)\./.exec(tensor) ?? [];
    return index === undefined ? [] : [{ index: Number(index), isSplit: part === 'conv' }];
  });
  const splits = [...new Set(layers.filter(({ isSplit }) => isSplit).map(({ index }) => index))];
  // the first level ends before its split, the only one with the last step
  const depth = Math.min(...splits, Math.max(...layers.map(({ index }) => index)) + 1) - 1;
  const first = 'flow.layers.1';
  return {
    levels: splits.length + 1,
    depth,
    width: shapeOf(tensors, `${first}.block.0.conv.weight`, name)[0]!,
    colours: shapeOf(tensors, `${first}.actnorm.bias`, name)[1]! / 4,
    learnsTop: [...tensors.keys()].some((tensor) => tensor.startsWith('learn_top_fn.')),
    factorised: !tensors.has(`${first}.invconv.weight`),
  };
}

function formOf(
  { levels, depth, width, colours, learnsTop }: PytorchGlow,
  tensors: Tensors,
  take: Take,
  name: string,
): FlowForm {
  const [, , height = 0, columns = 0] = shapeOf(tensors, 'prior_h', name);
  if (take('prior_h', [1, colours * 4 * 2 ** levels, height, columns]).some((value) => value !== 0)) {
    throw new BadInputError(
      `Expected prior_h of ${name} to be zeros, as train.py leaves it, got other values. `
        + 'Give the file of a network without them.',
    );
  }
  const flow: FlowConfig = flowSchema.parse({
    kind: 'image',
    levels,
    depth,
    width,
    mixing: 'lu-stored',
    scale: { kind: 'sigmoid' },
    splitScale: 'free',
    ...(learnsTop && { top: 'learned' }),
  });
  return { flow, shape: [height * 2 ** levels, columns * 2 ** levels, colours] };
}
