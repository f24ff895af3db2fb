import type { ArtifactRef } from '../../activities/contracts/artifact.ts';

/** Every artifact named anywhere in an activity's output. */
export function artifactsIn(value: unknown): ArtifactRef[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isArtifact(value)) return [value];
  return Object.values(value).flatMap(artifactsIn);
}

export function isArtifact(value: object): value is ArtifactRef {
  return (
    'uri' in value
    && typeof value.uri === 'string'
    && value.uri.startsWith('artifact://')
    && 'sha256' in value
    && typeof value.sha256 === 'string'
    && 'bytes' in value
    && typeof value.bytes === 'number'
  );
}
