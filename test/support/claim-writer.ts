/** A process that publishes under claims until it is told that a later attempt has taken over:
 *  `claim-writer.ts <folder>`. Each message begins a claim. */
import { join } from 'node:path';
import { writeAtomically } from '../../infra/store/atomic-write.ts';
import { claiming } from '../../infra/store/claim.ts';

const folder = process.argv[2]!;

process.on('message', () => {
  void claiming(
    folder,
    'work',
    async () => true,
    async ({ staging }) => {
      process.send!('claimed');
      for (;;) await writeAtomically(join(folder, 'published'), 'of the earlier attempt', staging);
    },
  ).catch((error: Error) => process.send!(error.name));
});
process.on('disconnect', () => process.exit(0));
