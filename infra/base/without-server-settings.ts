/** An environment for programs that have no business with a Temporal server that somebody else runs: neither
 *  its credentials nor its address. */
export function withoutServerSettings(environment: NodeJS.ProcessEnv): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      name.startsWith('TEMPORAL_') ? undefined : value,
    ]),
  );
}
