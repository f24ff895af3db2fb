/** The ends of paths, as long as it takes to tell them apart. */
export function shortNames(paths: readonly string[]): string[] {
  return paths.map((path) => {
    const keys = path.split('.');
    for (let length = 1; length < keys.length; length += 1) {
      const end = keys.slice(-length).join('.');
      if (paths.filter((other) => other === end || other.endsWith(`.${end}`)).length === 1) return end;
    }
    return path;
  });
}
