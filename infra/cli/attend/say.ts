/** A line for people on standard error: standard output may be read by a program. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`);
