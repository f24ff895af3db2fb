/** What is said of a MATLAB file that cannot be read. */
import { BadInputError } from '../../ports/data-errors.ts';

/** The file ends before what its own sizes promise. */
export class MatTruncatedError extends BadInputError {}

const again = 'Copy or download the file again.';

export const malformed = (file: string, sentence: string): BadInputError =>
  new BadInputError(`${file} is not a whole MATLAB 5 file: ${sentence} ${again}`);
export const truncated = (file: string, sentence: string): MatTruncatedError =>
  new MatTruncatedError(`${file} is cut short: ${sentence} ${again}`);
