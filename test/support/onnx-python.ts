/** ONNX files in Python, an implementation that owes nothing to ours. `ONNX_PYTHON` names an interpreter; else `python3` is tried. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

const python = process.env.ONNX_PYTHON ?? 'python3';

export const hasPython = (...packages: string[]): boolean => spawnSync(python, ['-c', packages.map((name) => `import ${name}`).join('\n')]).status === 0;

/** What a program prints, from standard input in JSON. */
export function runPython(program: string, input: unknown): string {
  const { status, stdout, stderr } = spawnSync(python, ['-c', program], { input: JSON.stringify(input), encoding: 'utf8', maxBuffer: 2 ** 28 });
  assert.equal(status, 0, stderr);
  return stdout;
}

/** onnx's own checker with shape inference; fails with its message and the model's name. */
export function checkModels(models: readonly (readonly [name: string, bytes: Uint8Array])[]): void {
  runPython(
    'import base64, json, sys, onnx\n' +
    'for name, model in json.load(sys.stdin): print(name, file=sys.stderr); onnx.checker.check_model(onnx.load_from_string(base64.b64decode(model)), full_check=True)',
    models.map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
  );
}
