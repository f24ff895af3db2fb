/** Of which data a remembered step is: what was made of one data set is no earlier form of what is made of
 *  another. */
import { artifactsIn } from '../store/artifacts-in.ts';
import { inputsIn } from './parts-of.ts';
import type { RememberedStep } from './read-remembered.ts';

/** As far as a specification of `prepare-dataset` says it; earlier versions named no source. */
interface PrepareSpec {
  readonly dataset?: { readonly kind?: string; readonly density?: string; readonly variant?: string };
  readonly source?: string;
  readonly inputs?: string;
}

/** Whether an earlier step can be an earlier form of a later one. */
export type Kinship = (earlier: RememberedStep, step: RememberedStep) => boolean;

/** Steps of the same data set are kin, whatever its size, and so are those of which it is not known whose
 *  data they were made of. */
export function kinshipIn(remembered: readonly RememberedStep[]): Kinship {
  const makers = new Map(
    remembered.flatMap((one) => artifactsIn(one.output).map(({ sha256 }) => [sha256, one] as const)),
  );
  const known = new Map<RememberedStep, PrepareSpec | null>();
  const dataOf = (step: RememberedStep): PrepareSpec | null => {
    const found = known.get(step);
    if (found !== undefined) return found;
    known.set(step, null); // a damaged store may lead in a circle
    const data =
      step.activity === 'prepare-dataset'
        ? (step.spec as PrepareSpec | null)
        : firstOf(
            inputsIn(step.spec).map(({ ref }) => makers.get(ref.sha256)),
            dataOf,
          );
    known.set(step, data);
    return data;
  };
  return (earlier, step) => {
    const [was, now] = [dataOf(earlier), dataOf(step)];
    return was === null || now === null || isSame(was, now);
  };
}

function firstOf(
  makers: readonly (RememberedStep | undefined)[],
  dataOf: (step: RememberedStep) => PrepareSpec | null,
): PrepareSpec | null {
  for (const maker of makers) {
    const data = maker === undefined ? null : dataOf(maker);
    if (data !== null) return data;
  }
  return null;
}

/** The same files are the same data, also in a folder that was named otherwise. */
function isSame(a: PrepareSpec, b: PrepareSpec): boolean {
  if (a.inputs !== undefined && a.inputs === b.inputs) return true;
  const [one, other] = [a, b].map(({ dataset: { kind, density, variant = 'mnist' } = {} }) =>
    JSON.stringify([kind, density, variant]),
  );
  const [from, to] = [nameIn(a), nameIn(b)];
  return one === other && (from === null || to === null || from === to);
}

/** Of a folder and of an archive, which are what their names say; what follows the name is how it was
 *  prepared. */
function nameIn({ dataset, source }: PrepareSpec): string | null {
  const hasOwnName = dataset?.kind === 'folder' || dataset?.kind === 'npz';
  return hasOwnName && typeof source === 'string'
    ? source.replace(/, \d+ x \d+(, grey)?(, not from the official files)?$/, '')
    : null;
}
