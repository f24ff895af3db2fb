/** Entry of the evaluation process: exported ONNX files in, metrics out. Everything is imported after TensorFlow is locked out. */
import { forbidTensorflow } from './evaluate/forbid-tensorflow.ts';

forbidTensorflow();
const { serve } = await import('./serve.ts');
const { evaluateDensity } = await import('./evaluate/evaluate-density.ts');
const { evaluateImages } = await import('./evaluate/evaluate-images.ts');

serve({ 'evaluate-density': evaluateDensity, 'evaluate-images': evaluateImages });
