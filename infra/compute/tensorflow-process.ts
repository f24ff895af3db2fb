/** The compute process of trainings: TensorFlow, with its threads set by the worker through the
 *  environment. */
import { handlersOf } from './jobs.ts';
import { neededPart } from './needed-part.ts';
import { serve } from './serve.ts';

serve(() =>
  neededPart('TensorFlow', 'Run `npm start -- doctor`: it sets up what is missing.', async () => {
    await import('./load-tensorflow.ts');
    return handlersOf('tensorflow');
  }),
);
