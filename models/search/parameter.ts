/** What a searched setting may be. Its values are read off numbers in [0, 1), so that every sampler draws
 *  from the same cube. */
import { z } from 'zod';

const range = { min: z.number(), max: z.number() };
/** On a grid: so many values, evenly from one end to the other. */
const points = z.int().min(2).default(5);

export const parameterSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('uniform'), ...range, points }),
    /** Uniform in its logarithm. */
    z.strictObject({
      kind: z.literal('logUniform'),
      min: z.number().positive(),
      max: z.number().positive(),
      points,
    }),
    /** Whole numbers, both ends included; on a grid all of them where no `points` are given. */
    z.strictObject({
      kind: z.literal('int'),
      min: z.int(),
      max: z.int(),
      points: z.int().min(2).nullable().default(null),
    }),
    z.strictObject({ kind: z.literal('choice'), values: z.array(z.json()).min(1) }),
  ])
  .superRefine((parameter, context) => {
    if (parameter.kind === 'choice' || parameter.min < parameter.max) return;
    context.addIssue({
      code: 'custom',
      path: ['max'],
      message: `above min = ${parameter.min}`,
      input: parameter.max,
      params: { remedy: 'swap the two, or leave the parameter out and set its path' },
    });
  });

export type Parameter = z.infer<typeof parameterSchema>;
export type Value = z.infer<ReturnType<typeof z.json>>;
/** By path of the configuration. */
export type Parameters = Readonly<Record<string, Parameter>>;
export type ParameterValues = Readonly<Record<string, Value>>;

/** `u` in [0, 1) -> the value there. */
export function valueAt(parameter: Parameter, u: number): Value {
  switch (parameter.kind) {
    case 'uniform':
      return readable(parameter.min + u * (parameter.max - parameter.min), parameter);
    case 'logUniform':
      return readable(parameter.min * (parameter.max / parameter.min) ** u, parameter);
    case 'int':
      return Math.min(parameter.max, parameter.min + Math.floor(u * numbersIn(parameter)));
    case 'choice':
      return parameter.values[
        Math.min(Math.floor(u * parameter.values.length), parameter.values.length - 1)
      ]!;
  }
}

/** Where a value lies in [0, 1]: the middle of its share where there are so many. */
export function unitPlace(parameter: Parameter, value: Value): number {
  switch (parameter.kind) {
    case 'uniform':
      return (Number(value) - parameter.min) / (parameter.max - parameter.min);
    case 'logUniform':
      return Math.log(Number(value) / parameter.min) / Math.log(parameter.max / parameter.min);
    case 'int':
      return (Number(value) - parameter.min + 0.5) / numbersIn(parameter);
    case 'choice':
      return (
        (parameter.values.findIndex((one) => JSON.stringify(one) === JSON.stringify(value)) + 0.5)
        / parameter.values.length
      );
  }
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Whole numbers of a range, both ends included. */
export const numbersIn = ({ min, max }: Range): number => max - min + 1;

/** Six digits are more than any setting needs, and can be typed. */
const readable = (value: number, { min, max }: Range): number =>
  Math.min(max, Math.max(min, Number(value.toPrecision(6))));
