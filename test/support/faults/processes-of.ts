/** All processes that work in a folder of runs: the server on its database, workers, and what they
 *  started. */
import type { Layout } from '../../../infra/store/layout.ts';
import { processesWith } from '../command-line.ts';

export const serversOf = ({ temporalDatabase }: Layout): number[] =>
  processesWith([`--db-filename ${temporalDatabase} `]);

export const workersOf = ({ out }: Layout): number[] => processesWith(['worker/main.ts', `--out ${out} `]);

export const computesOf = (layout: Layout): number[] =>
  workersOf(layout).flatMap((worker) =>
    ['tensorflow-process.ts', 'evaluation-process.ts'].flatMap((program) => processesWith([program], worker)),
  );
