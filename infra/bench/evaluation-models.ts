/** Flow and EBM of the paper's size as ONNX files, as an experiment exports them, with random weights. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeSafetensors } from '../../activities/formats/safetensors.ts';
import { createTraining } from '../../models/create-training.ts';
import { modelsSchema } from '../../models/fce/config.ts';
import { trainingSchema } from '../../models/training-schema.ts';
import { initialValues } from '../../models/core/initial-values.ts';
import { layoutSize } from '../../models/core/params.ts';
import { normal } from '../../models/core/random.ts';
import type { NamedArrays } from '../../models/core/tensors.ts';
import { exportModels } from '../compute/export-models.ts';
import { paperScale } from '../../workflows/experiments/images.ts';

/** SVHN's: 3 levels of 8 steps, width 512. */
const { models: wanted } = paperScale({ dataset: { kind: 'svhn' }, flips: false }, 8);
const shape = [32, 32, 3] as const;
/** Beside their start, so that layers that begin at zero do something. At 0.01 log q is at -1e11, and one
 *  unit in the last place of x moves it by 7e-4: no two providers agree on that. */
const noise = 0.003;

/** Paths of the files by model, in the folder `scratch`. */
export async function evaluationModels(scratch: string): Promise<Record<EvaluatedModel, string>> {
  const config = trainingSchema.parse({
    method: 'fce',
    updates: 1000,
    batchSize: 64,
    ebm: { learningRate: 1e-3 },
    flow: { learningRate: 1e-3 },
    turn: { kind: 'ratio', ebm: 1, flow: 1 },
  });
  const models = modelsSchema.parse(wanted);
  const { players } = createTraining(config, models, { shape, count: 1 }, 0);
  const arrays: NamedArrays = Object.fromEntries(
    players.map(({ name, specs }) => {
      const next = normal(1, `bench/${name}`);
      return [
        `${name}.average`,
        {
          shape: [layoutSize(specs)],
          dtype: 'float32',
          values: initialValues(specs, 1, name).map((value) => value + noise * next()),
        },
      ];
    }),
  );
  const checkpoint = join(scratch, 'checkpoint.safetensors');
  writeFileSync(checkpoint, encodeSafetensors(arrays, { config: JSON.stringify(config) }));
  const context = { scratch, threads: 1, onProgress: () => {}, signal: new AbortController().signal };
  const { flowLogProb, flowSample, ebm } = await exportModels(
    { checkpoint, models, shape, metadata: {} },
    context,
  );
  return { 'log q(x)': flowLogProb!, 'sample of q': flowSample!, energy: ebm! };
}

export type EvaluatedModel = 'log q(x)' | 'sample of q' | 'energy';
