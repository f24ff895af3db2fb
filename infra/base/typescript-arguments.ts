/** Arguments with which Node runs this package's TypeScript, from any working directory. */
export function typescriptArguments(): string[] {
  return ['--import', import.meta.resolve('tsx')];
}
