/** What the exit status of every command means. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  badInput: 2,
  diverged: 3,
  cancelled: 4,
  environment: 5,
  differs: 6,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const meanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'done',
  failed: 'the run failed, or something unexpected happened',
  badInput: 'bad usage or bad input; nothing was trained, and nothing is kept but a record that says so',
  diverged: 'a training diverged and the workflow gave up',
  cancelled: 'the run was cancelled',
  environment:
    'something needed is missing: the Temporal server, TensorFlow, onnxruntime, a folder to write '
    + 'to, room on the disk, memory',
  differs: 'verify: something of the run is missing or differs from what it recorded',
  interrupted: 'interrupted by Ctrl-C; the run can be resumed',
};

export function exitCodeHelp(): string {
  const names = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
  return [
    'Exit codes:',
    ...names.map((name) => `  ${String(exitCodes[name]).padStart(3)}  ${meanings[name]}`),
  ].join('\n');
}
