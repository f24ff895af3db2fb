/** The compute process of trainings: TensorFlow, with its threads set by the worker through the environment. */
import './load-tensorflow.ts';
import { exportModels } from './export-models.ts';
import { serve } from './serve.ts';
import { trainSegment } from './train-segment.ts';

serve({ 'train-segment': trainSegment, 'export-models': exportModels });
