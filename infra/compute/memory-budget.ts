/** What all compute processes of this machine may hold together. */
import { machineMemory, type MachineMemory } from './machine-memory.ts';
import { memoryVariable, sizeText } from './memory-remedies.ts';

export interface MemoryBudget {
  /** Bytes. */
  readonly bytes: number;
  /** By COUNTERFLOW_MEMORY_GB: then nobody looks what is free. */
  readonly given: boolean;
}

/** Left to the worker, the Temporal server, the command line and the system: 0.7 GB were seen on a machine
 *  with nothing else to do. */
const leftToOthers = 1e9;
/** Of a small machine at most such a share. */
const mostLeft = 1 / 8;

/** Throws RangeError where the variable is no size. */
export function memoryBudget(
  { total }: Pick<MachineMemory, 'total'> = machineMemory(),
  given = process.env[memoryVariable],
): MemoryBudget {
  if (given === undefined || given === '')
    return { bytes: total - Math.min(leftToOthers, mostLeft * total), given: false };
  const gigabytes = Number(given);
  if (!(gigabytes > 0 && gigabytes < Infinity)) {
    throw new RangeError(
      `Expected ${memoryVariable} to be what compute processes may hold, in units of 10^9 bytes and `
        + `above 0, got ${JSON.stringify(given)}. Leave it out to take what the machine has.`,
    );
  }
  return { bytes: gigabytes * 1e9, given: true };
}

/** For sentences: how much, and where that comes from. */
export const budgetText = ({ bytes, given }: MemoryBudget): string =>
  given
    ? `${memoryVariable} allows ${sizeText(bytes)}`
    : `this machine has ${sizeText(bytes)} for compute processes`;
