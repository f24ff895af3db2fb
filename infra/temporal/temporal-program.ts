/** Path of the `temporal` program: the one set-up provided, else whatever the PATH has. */
export function temporalProgram(): string {
  return process.env.COUNTERFLOW_TEMPORAL ?? 'temporal';
}
