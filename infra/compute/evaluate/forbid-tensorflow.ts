/** Makes loading TensorFlow impossible in this process: an evaluation judges the exported ONNX files and
 *  nothing else. */
import Module, { register } from 'node:module';

const forbidden = /^@tensorflow\/|[\\/]node_modules[\\/]@tensorflow[\\/]/;
const refusal = 'An evaluation works from exported ONNX files alone and may not load TensorFlow: ';

/** Runs in Node's thread for module hooks, so it cannot refer to anything around it. */
const importHook = `
  const forbidden = ${forbidden};
  const refuse = (name) => { throw new Error(${JSON.stringify(refusal)} + name); };
  export async function resolve(specifier, context, next) {
    if (forbidden.test(specifier)) refuse(specifier);
    const found = await next(specifier, context);
    if (forbidden.test(found.url)) refuse(found.url);
    return found;
  }`;

type ResolveFilename = (request: string, ...rest: unknown[]) => string;

/** Covers `import`, `require` and the native binding itself. To be called before anything else is
 *  imported. */
export function forbidTensorflow(): void {
  register(`data:text/javascript,${encodeURIComponent(importHook)}`);
  const refuseIfForbidden = (name: string): void => {
    if (forbidden.test(name)) throw new Error(refusal + name);
  };
  const loader = Module as unknown as { _resolveFilename: ResolveFilename };
  const resolveFilename = loader._resolveFilename;
  loader._resolveFilename = function (this: unknown, request, ...rest) {
    refuseIfForbidden(request);
    const found = resolveFilename.call(this, request, ...rest);
    refuseIfForbidden(found);
    return found;
  };
  const open = process.dlopen;
  process.dlopen = (module: object, file: string, ...rest) => {
    refuseIfForbidden(file);
    return (open as (...all: unknown[]) => void)(module, file, ...rest);
  };
}
