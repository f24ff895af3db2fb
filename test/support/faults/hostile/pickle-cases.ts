/** Pickles that are not tensors: every opcode by which Python's pickle calls something, or makes much of
 *  little, as weights in both forms of torch.save, and as batches of CIFAR-10. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { oldForm, op, pickle, tuple, zipForm } from '../pickles.ts';
import { dataset, type Given, type HostileCase } from './hostile-case.ts';

/** What it would have a shell do. */
type Attack = (command: string) => Uint8Array;

const call = (module: string, name: string, ...args: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([op.global(module, name), tuple(...args), op.reduce]);
const shell: Attack = (command) => call('os', 'system', op.text(command));
/** x, [x, x], [[x, x], [x, x]] ...: 2^depth leaves from a few bytes. */
const doubled = (depth: number): Uint8Array =>
  Buffer.concat([
    op.list,
    op.put(0),
    ...Array.from({ length: depth }, (_, i) =>
      Buffer.concat([op.list, op.mark, op.get(i), op.get(i), op.appends, op.put(i + 1)]),
    ),
  ]);
const rebuilt = (...args: readonly Uint8Array[]): Uint8Array =>
  call('torch._utils', '_rebuild_tensor_v2', ...args);

const attacks: Readonly<Record<string, Attack>> = {
  'GLOBAL os.system, REDUCE': shell,
  'GLOBAL posix.system': (command) => call('posix', 'system', op.text(command)),
  'GLOBAL nt.system': (command) => call('nt', 'system', op.text(command)),
  'subprocess.Popen': (command) =>
    call('subprocess', 'Popen', tuple(op.text('/bin/sh'), op.text('-c'), op.text(command))),
  'builtins.eval': (command) => call('builtins', 'eval', op.text(`__import__("os").system("${command}")`)),
  'builtins.exec': (command) => call('builtins', 'exec', op.text(`import os; os.system("${command}")`)),
  '__builtin__.getattr': () => call('__builtin__', 'getattr', op.global('os', 'path'), op.text('join')),
  'builtins.open': () => call('builtins', 'open', op.text('/etc/passwd')),
  'builtins.__import__': () => call('builtins', '__import__', op.text('os')),
  'runpy._run_code': (command) =>
    call('runpy', '_run_code', op.text(`import os; os.system("${command}")`), op.dict),
  'webbrowser.open': () => call('webbrowser', 'open', op.text('file:///etc/passwd')),
  'a pickle loaded from a pickle': () => call('pickle', 'loads', op.text('cos\nsystem\n(S"id"\ntR.')),
  'torch.load itself': () => call('torch', 'load', op.text('/etc/passwd')),
  'torch.hub': () => call('torch.hub', 'load', op.text('a/b'), op.text('c')),
  'torch._utils by another name': (command) => call('torch._utils', 'os.system', op.text(command)),
  'a module below one that is known': (command) => call('collections.os', 'system', op.text(command)),
  'collections.OrderedDict with arguments': (command) => call('collections', 'OrderedDict', shell(command)),
  "a call among a tensor's arguments": (command) =>
    rebuilt(shell(command), op.int(0), op.emptyTuple, op.emptyTuple, op.no, op.dict),
  'numpy.core.multiarray._reconstruct': () =>
    call(
      'numpy.core.multiarray',
      '_reconstruct',
      op.global('numpy', 'ndarray'),
      tuple(op.int(0)),
      op.text('b'),
    ),
  STACK_GLOBAL: (command) =>
    Buffer.concat([op.text('os'), op.text('system'), op.stackGlobal, tuple(op.text(command)), op.reduce]),
  INST: (command) => Buffer.concat([op.mark, op.text(command), op.instance('os', 'system')]),
  OBJ: (command) => Buffer.concat([op.mark, op.global('os', 'system'), op.text(command), op.object]),
  NEWOBJ: (command) =>
    Buffer.concat([op.global('subprocess', 'Popen'), tuple(op.text(command)), op.newObject]),
  NEWOBJ_EX: (command) =>
    Buffer.concat([
      op.global('subprocess', 'Popen'),
      tuple(op.text(command)),
      op.dict,
      op.newObjectWithNames,
    ]),
  'BUILD on a class': () =>
    Buffer.concat([
      op.global('collections', 'OrderedDict'),
      op.emptyTuple,
      op.reduce,
      op.dict,
      op.text('__setstate__'),
      op.global('os', 'system'),
      op.setItem,
      op.build,
    ]),
  'BUILD with slots': () =>
    Buffer.concat([
      op.global('collections', 'OrderedDict'),
      op.emptyTuple,
      op.reduce,
      op.dict,
      op.dict,
      op.text('__class__'),
      op.global('os', 'system'),
      op.setItem,
      op.tuple2,
      op.build,
    ]),
  EXT1: () => op.raw(0x82, 1),
  EXT2: () => op.raw(0x83, 1, 0),
  EXT4: () => op.raw(0x84, 1, 0, 0, 0),
  'BINPERSID of no storage': (command) =>
    Buffer.concat([tuple(op.text('system'), op.text(command)), op.persistent]),
  'BINPERSID of a call': (command) => Buffer.concat([shell(command), op.persistent]),
  PERSID: (command) => op.persistentText(command),
  'BYTEARRAY8 of 2^60': () => op.raw(0x96, 0, 0, 0, 0, 0, 0, 0, 16),
  'BINUNICODE8 of 2^60': () => op.raw(0x8d, 0, 0, 0, 0, 0, 0, 0, 16),
  'FRAME of 2^60': () => op.raw(0x95, 0, 0, 0, 0, 0, 0, 0, 16),
  'LONG4 of 2 GB': () => op.raw(0x8b, 0xff, 0xff, 0xff, 0x7f),
  'LONG4 below zero': () => op.raw(0x8b, 0xff, 0xff, 0xff, 0xff),
  'lists of 2^64 lists': () => doubled(64),
  'a list that holds itself': () => Buffer.concat([op.list, op.put(0), op.get(0), op.append]),
  'a dictionary that holds itself': () =>
    Buffer.concat([op.dict, op.put(0), op.text('w'), op.get(0), op.setItem]),
  'a memo at 2^32 - 1': () => Buffer.concat([op.list, op.put(0xffffffff), op.pop, op.get(0xfffffffe)]),
  'a million memos': () =>
    Buffer.concat([op.none, ...Array.from({ length: 1_000_000 }, (_, i) => op.put(i))]),
  'more marks than values': () => Buffer.concat([op.popMark, op.popMark, op.tuple]),
  'tuples a hundred thousand deep': () =>
    Buffer.concat([op.emptyTuple, ...Array.from({ length: 100_000 }, () => op.tuple1)]),
  '__proto__ as a name': () => Buffer.concat([op.dict, op.text('__proto__'), op.dict, op.setItem]),
  'no STOP': () => Buffer.concat([op.list, Buffer.alloc(1000, op.none)]),
  'an opcode that is none': () => op.raw(0xff),
};

const weightsIn =
  (wrap: (object: Uint8Array) => Uint8Array) =>
  (root: string, object: Uint8Array): Given => {
    const file = join(root, 'weights.pth');
    writeFileSync(file, wrap(object));
    return { entry: 'features', file };
  };
/** What a pickle is given as. */
const forms: Readonly<Record<string, (root: string, object: Uint8Array) => Given>> = {
  zip: weightsIn((object) => zipForm(object)),
  'old form': weightsIn((object) => oldForm(object)),
  'batches of CIFAR-10': (root, object) => {
    for (const name of [
      'data_batch_1',
      'data_batch_2',
      'data_batch_3',
      'data_batch_4',
      'data_batch_5',
      'test_batch',
    ])
      writeFileSync(join(root, name), object);
    return dataset('cifar10', root);
  },
};

export const pickleCases: readonly HostileCase[] = Object.entries(attacks).flatMap(([name, attack]) =>
  Object.entries(forms).map(([form, given]): HostileCase => ({
    name: `${name}, ${form}`,
    make: ({ root, outside }) => given(root, pickle(attack(`touch ${join(outside, 'executed')}`))),
  })),
);
