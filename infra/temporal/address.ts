/** HOST:PORT with a port of 1 to 65535. */
export function isAddress(text: string): boolean {
  const port = Number(/^(?:\[[\da-f:]+\]|[\w.-]+):(\d{1,5})$/i.exec(text)?.[1]);
  return port >= 1 && port <= 65_535;
}
