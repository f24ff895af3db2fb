/** The list of the histories that a folder of runs has exported. */

/** Executions of one workflow id, continued or started again, are numbered in the order in which they
 *  started. */
export interface ExportedHistory {
  readonly file: string;
  readonly workflowId: string;
  /** Temporal's id of the execution. */
  readonly executionId: string;
  readonly status: string;
  readonly startedAt: string;
  /** Of the file; left out by earlier versions. */
  readonly sha256?: string;
  readonly bytes?: number;
}

export const indexText = (index: readonly ExportedHistory[]): string => `${JSON.stringify(index, null, 2)}\n`;
