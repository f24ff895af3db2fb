/** Loads what a compute process cannot work without; what is wrong with it is told in one sentence, with the
 *  remedy, to every job. */
import { MissingPartError } from '../../activities/ports/errors.ts';

/** Throws MissingPartError. */
export async function neededPart<T>(name: string, remedy: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error))
      .split('\n')[0]!
      .replace(/[\s.:]*$/, '');
    throw new MissingPartError(`${name} cannot be loaded: ${reason}. ${remedy}`);
  }
}
