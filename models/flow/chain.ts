/** Bijections one after the other: (f3 . f2 . f1)(x), log-determinants added. */
import { below, byPart, prefixed, under, type Params } from '../core/params.ts';
import { tf, type NamedArrays, type Tensor } from '../core/tensors.ts';
import type { Bijection, Fitted, Mapped } from './bijection.ts';

/** The parts in the order data passes them; a part's name prefixes its parameters. */
export function chain(parts: Readonly<Record<string, Bijection>>): Bijection {
  const towardsLatent = Object.entries(parts);
  const towardsData = towardsLatent.toReversed();
  return {
    params: towardsLatent.flatMap(([name, part]) => prefixed(name, part.params)),
    constants: Object.assign(
      {},
      ...towardsLatent.map(([name, part]) => below(name, part.constants ?? {})),
    ) as NamedArrays,
    toLatent: (params, x) => {
      const own = byPart(params);
      return compose(
        x,
        towardsLatent.map(
          ([name, part]) =>
            (h) =>
              part.toLatent(own[name] ?? {}, h),
        ),
      );
    },
    toData: (params, z) => {
      const own = byPart(params);
      return compose(
        z,
        towardsData.map(
          ([name, part]) =>
            (h) =>
              part.toData(own[name] ?? {}, h),
        ),
      );
    },
    fit: (params, x) => fitInOrder(towardsLatent, params, x),
    freeze: (params) =>
      Object.assign(
        {},
        ...towardsLatent.map(([name, part]) => below(name, part.freeze?.(under(params, name)) ?? {})),
      ) as NamedArrays,
  };
}

function compose(x: Tensor, maps: readonly ((h: Tensor) => Mapped)[]): Mapped {
  let y = x;
  let logDet: Tensor | null = null;
  for (const map of maps) {
    const mapped = map(y);
    y = mapped.y;
    logDet = logDet === null ? mapped.logDet : tf.add(logDet, mapped.logDet);
  }
  return { y, logDet: logDet ?? tf.scalar(0) };
}

/** Each part is fitted to the data as the fitted parts before it leave it. What a part made on the way is let
 *  go before the next. */
function fitInOrder(parts: readonly (readonly [string, Bijection])[], params: Params, x: Tensor): Fitted {
  let fitted: Params = {};
  let y = x;
  for (const [name, part] of parts) {
    const own = under(params, name);
    const now = tf.tidy(() => fitOf(part, own, y));
    fitted = { ...fitted, ...below(name, now.params) };
    if (y !== x && y !== now.y) y.dispose();
    y = now.y;
  }
  return { params: fitted, y };
}

/** A bijection fitted to a batch, be it that nothing of it depends on data. */
export const fitOf = (part: Bijection, params: Params, x: Tensor): Fitted =>
  part.fit?.(params, x) ?? { params: {}, y: part.toLatent(params, x).y };
