/** How TensorFlow prepares a graph and runs it: the options of a session, which the environment hands to the
 *  binding. */
import protobuf from 'protobufjs';

const schema = `
  syntax = "proto3";
  message ConfigProto { GraphOptions graph_options = 10; Experimental experimental = 16; }
  message GraphOptions { RewriterConfig rewrite_options = 10; }
  message Experimental { string executor_type = 3; bool optimize_for_static_graph = 12; }
  message RewriterConfig {
    int32 layout_optimizer = 1; int32 memory_optimization = 4; int32 loop_optimization = 9; int32 function_optimization = 10;
    int32 meta_optimizer_iterations = 12; int32 shape_optimization = 13; int32 implementation_selector = 22; bool disable_tfg_optimizer = 32;
  }
`;
const configProto = protobuf.parse(schema, { keepCase: true }).root.lookupType('ConfigProto');

/** Read by infra/setup/session-options.h whenever a graph is loaded. */
export const sessionConfigVariable = 'COUNTERFLOW_SESSION_CONFIG';

/** Values of RewriterConfig.Toggle, .MemOptType and .NumIterationsType. */
const off = 2;
const noMemoryOptimizer = 1;
const once = 1;

/** In the form of the environment's variable: hexadecimal digits. Of the passes over a graph those are left
 *  that fold constants, fuse ops and drop what is not needed, and they are made once: all of them, twice,
 *  took a graph of 23,000 nodes 43 s before its first run, and these 6. On a GPU the layout of convolutions
 *  is one of them. `oneAtATime`: ops of one thread run one after the other, without a queue between them. */
export function sessionConfig({
  gpu,
  oneAtATime,
}: {
  readonly gpu: boolean;
  readonly oneAtATime: boolean;
}): string {
  const rewrite_options = {
    ...(!gpu && { layout_optimizer: off }),
    memory_optimization: noMemoryOptimizer,
    loop_optimization: off,
    function_optimization: off,
    meta_optimizer_iterations: once,
    shape_optimization: off,
    implementation_selector: off,
    disable_tfg_optimizer: true,
  };
  const experimental = {
    optimize_for_static_graph: true,
    ...(oneAtATime && { executor_type: 'SINGLE_THREADED_EXECUTOR' }),
  };
  return Buffer.from(
    configProto.encode({ graph_options: { rewrite_options }, experimental }).finish(),
  ).toString('hex');
}
