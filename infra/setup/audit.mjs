// @ts-check
/** `npm run audit`: ends with 1 where npm's registry knows of a vulnerability of high or critical severity in
 *  a package of the lockfile. A registry that does not answer is said to be so, and ends nothing: its outage
 *  is no fault of ours. */
import { execFile } from 'node:child_process';
import { inCheckout } from './checkout.mjs';

/** @typedef {{ title?: string, url?: string, severity?: string }} Advisory */
/** @typedef {{ name: string, severity: string, via: (string | Advisory)[] }} Vulnerability */
/** @typedef {{ vulnerabilities?: Record<string, Vulnerability>, message?: string }} Report */

const answerWithinMs = 120_000;
const grave = new Set(['high', 'critical']);

/** Its exit code tells findings and failures alike: what it wrote tells them apart.
 *  @returns {Promise<Report>} */
function askRegistry() {
  return new Promise((resolve) => {
    execFile(
      'npm',
      ['audit', '--json', '--package-lock-only', '--fetch-retries=1', '--fetch-timeout=30000'],
      { cwd: inCheckout(), timeout: answerWithinMs, maxBuffer: 2 ** 26 },
      (error, stdout) => {
        try {
          resolve(JSON.parse(stdout));
        } catch {
          resolve({ message: error?.message ?? 'no JSON' });
        }
      },
    );
  });
}

/** @param {Vulnerability} found */
function lineOf({ name, severity, via }) {
  const advisories = via.flatMap((cause) =>
    typeof cause === 'string' ? [`through ${cause}`] : [`${cause.title} ${cause.url}`],
  );
  return `${severity}: ${name}: ${advisories.join('; ')}`;
}

const { vulnerabilities, message } = await askRegistry();
if (vulnerabilities === undefined) {
  console.log(`npm audit: the registry gave no answer (${message?.split('\n')[0]}); nothing was checked.`);
} else {
  const found = Object.values(vulnerabilities);
  const high = found.filter(({ severity }) => grave.has(severity));
  for (const vulnerability of high) console.log(lineOf(vulnerability));
  console.log(`npm audit: ${high.length} of high or critical severity, ${found.length - high.length} lower.`);
  if (high.length > 0)
    console.log(
      'A newer version, or an entry in `overrides` of package.json with its reason in SECURITY.md, replaces it.',
    );
  process.exitCode = high.length > 0 ? 1 : 0;
}
