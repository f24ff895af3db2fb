/** Entry of the evaluation process: exported ONNX files in, metrics out. What evaluates is imported after
 *  TensorFlow is locked out. */
import { forbidTensorflow } from './evaluate/forbid-tensorflow.ts';

forbidTensorflow();
const { neededPart } = await import('./needed-part.ts');
const { serve } = await import('./serve.ts');

serve(() =>
  neededPart(
    'onnxruntime',
    'Remove node_modules and run `npm start -- doctor`: it installs the packages again.',
    async () => {
      const { drawSamples } = await import('./evaluate/draw-samples.ts');
      const { evaluateDensity } = await import('./evaluate/evaluate-density.ts');
      const { evaluateImages } = await import('./evaluate/evaluate-images.ts');
      const { featureStatistics } = await import('./evaluate/feature-statistics.ts');
      const { prepareFeatures } = await import('./evaluate/prepare-features.ts');
      return {
        'draw-samples': drawSamples,
        'evaluate-density': evaluateDensity,
        'evaluate-images': evaluateImages,
        'prepare-features': prepareFeatures,
        'feature-statistics': featureStatistics,
      };
    },
  ),
);
