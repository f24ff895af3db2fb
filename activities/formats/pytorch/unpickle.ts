/** Python's pickle (pickletools.py in CPython describes every opcode), read as data: numbers, strings, lists,
 *  tuples, dictionaries. Classes and functions are names to the pickle; what a name stands for is the
 *  caller's to say, name by name, and nothing is executed. Opcodes that make objects in any other way than by
 *  such a name are not understood at all. */
import { BadInputError } from '../../ports/data-errors.ts';
import type { ByteReader } from './byte-reader.ts';

/** A tuple is a frozen array. Dictionaries and OrderedDicts are Maps. Whatever a rule returns is passed on as
 *  it is. */
export type PickleValue = unknown;

export interface PickleRules {
  /** What `module name` stands for. Throws for a name that is not known. */
  global(name: string): PickleValue;
  /** A function or class that `global` returned, called with arguments. Throws where it is none. */
  call(callee: PickleValue, args: readonly PickleValue[]): PickleValue;
  /** What stands outside the pickle under an id. */
  persistent(id: PickleValue): PickleValue;
  /** A string of Python 2, or bytes of Python 3. Without it the former is text, and the latter is refused. */
  bytes?(content: Uint8Array): PickleValue;
  /** Gives `state` to what `call` returned. Without it dictionaries alone may be given one, which is passed
   *  over. */
  build?(target: PickleValue, state: PickleValue): void;
}

/** A pickle of weights makes some twenty for each tensor; one that makes more is someone's attack. */
const mostValues = 1_000_000;
const longestInteger = 16;

/** Reads one pickle where `reader` stands, and leaves it behind its end. Throws BadInputError. */
export function unpickle(reader: ByteReader, rules: PickleRules): PickleValue {
  const machine = new Machine(reader, rules);
  for (;;) {
    const place = reader.at;
    const opcode = reader.uint8();
    if (opcode === stop) return machine.result();
    const step = steps[opcode];
    if (!step) throw unknown(opcode, place);
    step(machine);
  }
}

const unknown = (opcode: number, place: number): BadInputError =>
  new BadInputError(
    `its pickle has an opcode 0x${opcode.toString(16).padStart(2, '0')} at byte ${place}, which `
      + 'weights do not need',
  );

class Machine {
  readonly reader: ByteReader;
  readonly rules: PickleRules;
  readonly memo = new Map<number, PickleValue>();
  readonly #stack: PickleValue[] = [];
  readonly #marks: number[] = [];
  #made = 0;

  constructor(reader: ByteReader, rules: PickleRules) {
    this.reader = reader;
    this.rules = rules;
  }

  push(value: PickleValue): void {
    if (++this.#made > mostValues) throw new BadInputError(`its pickle makes more than ${mostValues} values`);
    this.#stack.push(value);
  }

  pop(): PickleValue {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0))
      throw new BadInputError('its pickle takes a value where there is none');
    return this.#stack.pop();
  }

  top(): PickleValue {
    const value = this.pop();
    this.#stack.push(value);
    return value;
  }

  mark(): void {
    if (this.#marks.length >= mostValues)
      throw new BadInputError(`its pickle sets more than ${mostValues} marks`);
    this.#marks.push(this.#stack.length);
  }

  toMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new BadInputError('its pickle goes back to a mark it never set');
    return this.#stack.splice(mark);
  }

  string(count: number): PickleValue {
    return this.rules.bytes ? this.rules.bytes(this.reader.take(count)) : this.reader.text(count);
  }

  bytes(opcode: number, count: () => number): PickleValue {
    if (!this.rules.bytes) throw unknown(opcode, this.reader.at - 1);
    return this.rules.bytes(this.reader.take(count()));
  }

  build(state: PickleValue): void {
    const target = this.top();
    if (this.rules.build && !(target instanceof Map)) this.rules.build(target, state);
    else mapOf(target, 'gives attributes to');
  }

  store(index: number): void {
    if (this.memo.size >= mostValues)
      throw new BadInputError(`its pickle remembers more than ${mostValues} values`);
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    if (!this.memo.has(index))
      throw new BadInputError(`its pickle recalls value ${index}, which it never stored`);
    this.push(this.memo.get(index));
  }

  result(): PickleValue {
    const value = this.pop();
    if (this.#stack.length > 0) throw new BadInputError('its pickle leaves values behind');
    return value;
  }
}

type Step = (machine: Machine) => void;
const stop = 0x2e;

/** By opcode, named as in pickletools.py. */
const steps: Readonly<Record<number, Step>> = {
  0x80: ({ reader }) => {
    // PROTO
    const protocol = reader.uint8();
    if (protocol > 5)
      throw new BadInputError(`its pickle has protocol ${protocol}, and 5 is the last one known`);
  },
  0x95: ({ reader }) => void reader.int64(), // FRAME: a hint for readers of streams
  0x28: (m) => m.mark(), // MARK
  0x30: (m) => void m.pop(), // POP
  0x4e: (m) => m.push(null), // NONE
  0x88: (m) => m.push(true), // NEWTRUE
  0x89: (m) => m.push(false), // NEWFALSE
  0x4a: (m) => m.push(m.reader.int32()), // BININT
  0x4b: (m) => m.push(m.reader.uint8()), // BININT1
  0x4d: (m) => m.push(m.reader.uint16()), // BININT2
  0x8a: (m) => m.push(integer(m.reader.take(m.reader.uint8()))), // LONG1
  0x47: (m) => m.push(m.reader.float64BigEndian()), // BINFLOAT
  0x58: (m) => m.push(m.reader.text(m.reader.uint32())), // BINUNICODE
  0x8c: (m) => m.push(m.reader.text(m.reader.uint8())), // SHORT_BINUNICODE
  0x54: (m) => m.push(m.string(m.reader.uint32())), // BINSTRING, of Python 2
  0x55: (m) => m.push(m.string(m.reader.uint8())), // SHORT_BINSTRING
  0x42: (m) => m.push(m.bytes(0x42, () => m.reader.uint32())), // BINBYTES, of Python 3
  0x43: (m) => m.push(m.bytes(0x43, () => m.reader.uint8())), // SHORT_BINBYTES
  0x5d: (m) => m.push([]), // EMPTY_LIST
  0x61: (m) => {
    const value = m.pop();
    listOf(m.top()).push(value);
  }, // APPEND
  0x65: (m) => {
    const values = m.toMark(),
      list = listOf(m.top());
    for (const value of values) list.push(value);
  }, // APPENDS
  0x6c: (m) => m.push(m.toMark()), // LIST
  0x29: (m) => m.push(Object.freeze([])), // EMPTY_TUPLE
  0x85: (m) => m.push(tupleOf(m, 1)), // TUPLE1
  0x86: (m) => m.push(tupleOf(m, 2)), // TUPLE2
  0x87: (m) => m.push(tupleOf(m, 3)), // TUPLE3
  0x74: (m) => m.push(Object.freeze(m.toMark())), // TUPLE
  0x7d: (m) => m.push(new Map()), // EMPTY_DICT
  0x64: (m) => {
    const items = m.toMark(),
      map = new Map();
    setItems(map, items);
    m.push(map);
  }, // DICT
  0x73: (m) => {
    const value = m.pop(),
      key = m.pop();
    setItems(m.top(), [key, value]);
  }, // SETITEM
  0x75: (m) => {
    const items = m.toMark();
    setItems(m.top(), items);
  }, // SETITEMS
  0x71: (m) => m.store(m.reader.uint8()), // BINPUT
  0x72: (m) => m.store(m.reader.uint32()), // LONG_BINPUT
  0x94: (m) => m.store(m.memo.size), // MEMOIZE
  0x68: (m) => m.recall(m.reader.uint8()), // BINGET
  0x6a: (m) => m.recall(m.reader.uint32()), // LONG_BINGET
  0x51: (m) => m.push(m.rules.persistent(m.pop())), // BINPERSID
  0x63: (m) => m.push(m.rules.global(`${m.reader.line()}.${m.reader.line()}`)), // GLOBAL
  0x93: (m) => {
    const name = m.pop(),
      module = m.pop();
    m.push(m.rules.global(`${textOf(module)}.${textOf(name)}`));
  }, // STACK_GLOBAL
  0x52: (m) => {
    const args = m.pop(),
      callee = m.pop();
    m.push(m.rules.call(callee, argumentsOf(args)));
  }, // REDUCE
  // BUILD: an array's content; or a state dictionary's `_metadata`, which is not needed
  0x62: (m) => m.build(m.pop()),
};

/** Two's complement, the lowest byte first; a number where it is exact. */
function integer(bytes: Uint8Array): number | bigint {
  if (bytes.length > longestInteger)
    throw new BadInputError(
      `its pickle has an integer of ${bytes.length} bytes, and ${longestInteger} are the most weights need`,
    );
  const unsigned = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const value = BigInt.asIntN(8 * bytes.length, unsigned);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function tupleOf(machine: Machine, length: number): readonly PickleValue[] {
  const values = Array.from({ length }, () => machine.pop());
  return Object.freeze(values.reverse());
}

function textOf(value: PickleValue): string {
  if (typeof value !== 'string') throw new BadInputError('its pickle makes a name of what is no text');
  return value;
}

function listOf(value: PickleValue): PickleValue[] {
  if (!Array.isArray(value) || Object.isFrozen(value))
    throw new BadInputError('its pickle appends to what is no list');
  return value as PickleValue[];
}

function mapOf(value: PickleValue, what: string): Map<PickleValue, PickleValue> {
  if (!(value instanceof Map)) throw new BadInputError(`its pickle ${what} what is no dictionary`);
  return value as Map<PickleValue, PickleValue>;
}

function setItems(target: PickleValue, items: readonly PickleValue[]): void {
  const map = mapOf(target, 'sets items of');
  if (items.length % 2 !== 0) throw new BadInputError('its pickle sets an item that has a key and no value');
  for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
}

function argumentsOf(value: PickleValue): readonly PickleValue[] {
  if (!Array.isArray(value) || !Object.isFrozen(value))
    throw new BadInputError('its pickle calls with what is no tuple');
  return value as readonly PickleValue[];
}
