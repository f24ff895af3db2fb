/** The compute process of trainings: TensorFlow, with its threads set by the worker through the
 *  environment. */
import { neededPart } from './needed-part.ts';
import { serve } from './serve.ts';

serve(() =>
  neededPart('TensorFlow', 'Run `npm start -- doctor`: it sets up what is missing.', async () => {
    await import('./load-tensorflow.ts');
    const { exportModels } = await import('./export-models.ts');
    const { prepareInitialFlow } = await import('./prepare-initial-flow.ts');
    const { trainSegment } = await import('./train-segment.ts');
    return {
      'train-segment': trainSegment,
      'export-models': exportModels,
      'prepare-initial-flow': prepareInitialFlow,
    };
  }),
);
