/** An estimate as lines of text. */
import { sizeText } from '../../compute/memory-remedies.ts';
import { duration, number } from '../../base/format.ts';
import type { Estimate, StageEstimate } from '../../client/estimate/estimate.ts';
import { loadSentence } from '../../client/estimate/load.ts';

const nameWidth = 12;
const timeWidth = 11;

/** `pricePerHour`: null where none was given. */
export function estimateLines(
  { experiment, parameters, stages, seconds, cost, memory, gpuBytes, disk, load, notes }: Estimate,
  pricePerHour: number | null,
): string[] {
  const rows = stages.filter((stage) => stage.seconds > 0 || stage.found > 0).map(rowOf);
  return [
    `${experiment}: ${number(parameters.flow)} parameters of the flow, ${number(parameters.ebm)} of the EBM`,
    ...rows.map((row) => `  ${row}`),
    `about ${duration(seconds)} on this `
      + `machine${cost === null ? '' : `, ${cost.toFixed(2)} at ${number(pricePerHour!)} an hour`}; `
      + 'baselines share its '
      + `cores${stages.some(({ found }) => found > 0) ? '; what this folder has already is found and not counted' : ''}`,
    loadSentence(load),
    `memory: up to ${sizeText(memory.bytes)} in one process of ${sizeText(memory.budget)} for `
      + `all${gpuBytes === null ? '' : `; on the GPU about ${sizeText(gpuBytes)}`}`,
    `disk: up to ${sizeText(disk.total)} (checkpoints ${sizeText(disk.checkpoints)}, data set `
      + `${sizeText(disk.data)}, ONNX `
      + `${sizeText(disk.models)})${disk.free === null ? '' : `, ${sizeText(disk.free)} are free`}`,
    ...notes.map((note) => `note: ${note}`),
  ];
}

function rowOf({
  name,
  seconds,
  rough,
  updates,
  found,
  perUpdate,
  expectedBytes,
  seenBytes,
}: StageEstimate): string {
  const time = `${name.padEnd(nameWidth)} ${duration(seconds).padStart(timeWidth)}`;
  if (updates === null && !rough) return `${time}  done, and found by a run in this folder`;
  if (rough) return `${time}  roughly, not measured`;
  if (perUpdate === null) return `${time}  all ${number(updates!)} updates are found`;
  const already = found === 0 ? '' : `, ${number(found)} of them found`;
  const each = Object.entries(perUpdate)
    .map(
      ([move, one]) => `${number(Number((1000 * one).toPrecision(3)))} ms${move === 'all' ? '' : ` ${move}`}`,
    )
    .join(', ');
  return (
    `${time}  ${number(updates!)} updates of ${each}${already}; memory ${sizeText(expectedBytes!)} `
    + `expected, ${sizeText(seenBytes!)} seen`
  );
}
