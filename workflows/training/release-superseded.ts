/** A training lets go of the checkpoints that it has left behind. */
import { isCancellation, workflowInfo } from '@temporalio/workflow';
import type { Salted } from '../../activities/contracts/artifact.ts';
import type { SegmentSummary, TrainingSpec } from '../../activities/contracts/training.ts';
import { marked, superseded } from './kept-checkpoints.ts';
import { releaseCheckpoints } from '../shared/proxies.ts';
import type { TrainingState } from './segments.ts';

type Asked = Salted<{ readonly spec: TrainingSpec; readonly until?: number }>;

/** What another run needed, or what could not be removed, is not asked for again before the training's
 *  end. */
export const releaseSuperseded = (asked: Asked, state: TrainingState): Promise<TrainingState> =>
  release(
    asked,
    state,
    superseded(asked.spec, state).filter(({ shared }) => !shared),
  );

export const releaseAtEnd = (asked: Asked, state: TrainingState): Promise<TrainingState> =>
  release(asked, state, superseded(asked.spec, state));

async function release(
  { spec, salt, until }: Asked,
  state: TrainingState,
  segments: readonly SegmentSummary[],
): Promise<TrainingState> {
  if (segments.length === 0) return state;
  const { parent, workflowId } = workflowInfo();
  const checkpoints = segments.map(({ checkpoint }) => checkpoint);
  const released = new Set(
    await releaseCheckpoints({
      runId: parent?.workflowId ?? workflowId,
      config: spec.config,
      salt,
      checkpoints,
      ...(until !== undefined && { until }),
    }).then((done) => done.released, noneUnlessCancelled),
  );
  const shared = new Set(checkpoints.map(({ sha256 }) => sha256).filter((sha256) => !released.has(sha256)));
  return marked(marked(state, released, 'released'), shared, 'shared');
}

/** No training fails for a file too many. */
function noneUnlessCancelled(error: unknown): string[] {
  if (isCancellation(error)) throw error;
  return [];
}
