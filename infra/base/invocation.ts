/** How the user called us, for help and hints that can be typed as they are: through `npm start --`, or as
 *  the installed `counterflow`. */
import packageJson from '../../package.json' with { type: 'json' };

const isThroughNpm =
  process.env['npm_lifecycle_event'] === 'start' && process.env['npm_package_name'] === packageJson.name;

export const invocation = isThroughNpm ? 'npm start --' : 'counterflow';

/** For output that a program reads. */
export const quietInvocation = isThroughNpm ? 'npm start --silent --' : 'counterflow';

/** Lines of npm's own are on standard output before ours. */
export const npmSpeaksFirst = isThroughNpm && process.env['npm_config_loglevel'] !== 'silent';
