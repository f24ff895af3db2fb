/** The names of failures that workflows tell apart: the only value of the contracts. */

/** Names of failures, as `ApplicationFailure.type`. */
export const failures = {
  divergence: 'Divergence',
  badInput: 'BadInput',
  missingData: 'MissingData',
  computeCrashed: 'ComputeCrashed',
  missingPart: 'MissingPart',
  outOfMemory: 'OutOfMemory',
  storage: 'Storage',
  storageFull: 'StorageFull',
  storageRefused: 'StorageRefused',
  gaveUp: 'GaveUp',
} as const;
