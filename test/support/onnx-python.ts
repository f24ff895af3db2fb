/** ONNX files in Python, an implementation that owes nothing to ours. */
import { runPython } from './python.ts';

/** onnx's own checker with shape inference; fails with its message and the model's name. */
export function checkModels(models: readonly (readonly [name: string, bytes: Uint8Array])[]): void {
  runPython(
    'import base64, json, sys, onnx\n'
      + 'for name, model in json.load(sys.stdin): print(name, file=sys.stderr); '
      + 'onnx.checker.check_model(onnx.load_from_string(base64.b64decode(model)), full_check=True)',
    models.map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
  );
}
