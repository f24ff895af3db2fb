// @ts-check
/** The machine set-up stands on: Node's version, the platform, an NVIDIA GPU. */
import { existsSync } from 'node:fs';
import { nodeRange } from './pins.mjs';
import { SetupError } from './setup-error.mjs';

/** @param {string} version as `process.version` */
export function nodeIsSupported(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [minMajor = 0, minMinor = 0] = nodeRange.min;
  return major < nodeRange.below && (major > minMajor || (major === minMajor && minor >= minMinor));
}

/** Throws SetupError on a Node or a platform that cannot work.
 *  @param {{ version: string, platform: string, arch: string }} machine */
export function checkPlatform({ version, platform, arch }) {
  if (platform !== 'linux' || arch !== 'x64') {
    throw new SetupError(
      `Counterflow runs on Linux x64 only (TensorFlow's native library is provided for it alone); this is ${platform} ${arch}. A Linux container or virtual machine will do.`,
    );
  }
  if (!nodeIsSupported(version)) {
    throw new SetupError(
      `Counterflow needs Node ${nodeRange.text}; this is ${version}. Install another, for instance with \`nvm install 22\`.`,
    );
  }
}

/** Whether an NVIDIA driver is there. `COUNTERFLOW_DEVICE=cpu` answers no. */
export function hasGpu() {
  if (process.env.COUNTERFLOW_DEVICE === 'cpu') return false;
  return existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidiactl');
}
