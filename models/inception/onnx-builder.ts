/** An ONNX graph of images, put together op by op: each returns the name of its output. */
import { ShapeError } from '../core/errors.ts';
import {
  attribute,
  encodeModel,
  onnxType,
  type Metadata,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../graph/onnx-proto.ts';
import { foldBatchNorm, type WeightsByName } from './fold-batch-norm.ts';

/** Output of a node, and its channels where they are known. */
export interface Image {
  readonly name: string;
  readonly channels: number;
}
export type OnnxLayer = (x: Image) => Image;

export interface ConvOptions {
  readonly stride?: number;
  /** Without padding; with it an odd kernel keeps the size. */
  readonly valid?: boolean;
}

/** What the file says of itself. */
export interface OnnxOrigin {
  readonly metadata: Metadata;
  /** Of Counterflow. */
  readonly version: string;
}

type Attributes = Readonly<Record<string, number | string | readonly number[]>>;

export class OnnxBuilder {
  readonly #weights: WeightsByName;
  readonly #nodes: NodeProto[] = [];
  readonly #constants = new Map<string, TensorProto>();

  constructor(weights: WeightsByName) {
    this.#weights = weights;
  }

  op(
    type: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    output = `${type.toLowerCase()}_${this.#nodes.length}`,
  ): string {
    this.#nodes.push({
      name: output,
      op_type: type,
      input: [...inputs],
      output: [output],
      attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    });
    return output;
  }

  constant(name: string, dims: readonly number[], values: Float32Array | BigInt64Array): string {
    const raw_data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#constants.set(name, {
      name,
      dims: [...dims],
      data_type: values instanceof Float32Array ? onnxType.float32 : onnxType.int64,
      raw_data,
    });
    return name;
  }

  /** Convolution, batch normalisation as in evaluation, ReLU: `BasicConv2d` of torchvision. */
  conv(
    path: string,
    kernel: readonly [number, number],
    { stride = 1, valid = false }: ConvOptions = {},
  ): OnnxLayer {
    return (x) => {
      const { shape, kernel: values, bias } = foldBatchNorm(this.#weights, path);
      const [channels, ...rest] = shape;
      if (rest.join() !== [x.channels, ...kernel].join()) {
        throw new ShapeError(
          `Expected ${path} to have a kernel of [channels, ${[x.channels, ...kernel].join(', ')}], `
            + `got [${shape.join(', ')}]: these are weights of another network.`,
        );
      }
      const inputs = [
        x.name,
        this.constant(`${path}.weight`, shape, values),
        this.constant(`${path}.bias`, [channels!], bias),
      ];
      const [high, wide] = valid ? [0, 0] : (kernel.map((size) => (size - 1) / 2) as [number, number]);
      const linear = this.op('Conv', inputs, {
        kernel_shape: kernel,
        strides: [stride, stride],
        pads: [high, wide, high, wide],
      });
      return { name: this.op('Relu', [linear]), channels: channels! };
    };
  }

  /** 3x3. `padding` 1 keeps the size with a stride of 1. The mean is over what lies inside the image, as
   *  TensorFlow's is. */
  pool(
    kind: 'max' | 'mean',
    { stride = 1, padding = 0 }: { readonly stride?: number; readonly padding?: number } = {},
  ): OnnxLayer {
    const attributes = {
      kernel_shape: [3, 3],
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
    };
    return ({ name, channels }) => ({
      name:
        kind === 'max'
          ? this.op('MaxPool', [name], attributes)
          : this.op('AveragePool', [name], { ...attributes, count_include_pad: 0 }),
      channels,
    });
  }

  concat(parts: readonly Image[]): Image {
    return {
      name: this.op(
        'Concat',
        parts.map(({ name }) => name),
        { axis: 1 },
      ),
      channels: parts.reduce((sum, { channels }) => sum + channels, 0),
    };
  }

  encode(
    name: string,
    inputs: ValueInfoProto[],
    outputs: ValueInfoProto[],
    { metadata, version }: OnnxOrigin,
  ): Uint8Array {
    return encodeModel(
      { name, node: this.#nodes, initializer: [...this.#constants.values()], input: inputs, output: outputs },
      metadata,
      version,
    );
  }
}

export const through =
  (...layers: readonly OnnxLayer[]): OnnxLayer =>
  (x) =>
    layers.reduce((value, layer) => layer(value), x);
