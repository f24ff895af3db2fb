/** Entry of the evaluation process: exported ONNX files in, metrics out. What evaluates is imported after
 *  TensorFlow is locked out. */
import { forbidTensorflow } from './evaluate/forbid-tensorflow.ts';

forbidTensorflow();
const { handlersOf } = await import('./jobs.ts');
const { neededPart } = await import('./needed-part.ts');
const { serve } = await import('./serve.ts');

serve(() =>
  neededPart(
    'onnxruntime',
    'Remove node_modules and run `npm start -- doctor`: it installs the packages again.',
    () => handlersOf('evaluation'),
  ),
);
