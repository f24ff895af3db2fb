/** No attempt of an activity may last longer (48 h, workflows/shared/proxies.ts): what lies in a place for
 *  work under way for so long is nobody's any more. */
export const leftBehindMs = 72 * 3600 * 1000;
