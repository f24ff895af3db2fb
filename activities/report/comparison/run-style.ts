/** How the line of a run looks beside those of others: eight colours that stay apart for colour-blind
 *  readers, in light and dark, then the same dashed. */
import type { LineStyle } from '../model-names.ts';

const light = ['#0b62b8', '#c2410c', '#00795c', '#8a2fa0', '#8a6d00', '#c2185b', '#3f4a5a', '#00838f'];
const dark = ['#6fb4ff', '#ff9a5c', '#4fd1a5', '#d79bf0', '#e6c84a', '#ff86b3', '#b8c2d0', '#5fd4e0'];
const dashes = ['', '7 3', '2 3', '8 3 2 3'];

export const runStyle = (index: number): LineStyle => ({
  colour: `var(--run-${index % light.length})`,
  dash: dashes[Math.floor(index / light.length) % dashes.length]!,
});

const variables = (colours: readonly string[]): string =>
  colours.map((colour, index) => `--run-${index}: ${colour};`).join(' ');

export const runColours = `
:root { ${variables(light)} }
@media (prefers-color-scheme: dark) { :root { ${variables(dark)} } }
@media print { :root { ${variables(light)} } }
`;
