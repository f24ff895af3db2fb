// @ts-check

/** One sentence of a library that is missing or not whole, with the remedy. @param {string} why */
export const unloadable = (why) =>
  `A part of the installation cannot be loaded: ${why}. Remove node_modules and run \`npm start -- doctor\`: it installs the packages again.`;

/** Of a process that ended before its libraries were loaded; null where another may do better. A library that
 *  was cut short is mapped, and what is read behind its end is a SIGBUS.
 *  @param {string | null} signal */
export const fatalEnd = (signal) =>
  signal === 'SIGBUS' ? unloadable('a native library is not whole (SIGBUS)') : null;
