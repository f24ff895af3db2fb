// @ts-check
/** Requests through the proxy that the environment names: http_proxy, https_proxy, all_proxy and no_proxy, in
 *  small or capital letters. Node's own fetch looks at none of them. Loaded before the packages are: what
 *  they bring is imported when it is needed. */

/** Whether a host is this machine: never behind a proxy, whatever the environment says.
 *  @param {string} host */
export const isLoopback = (host) => /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/i.test(host);

/** Variables that name a proxy, or hosts without one. */
export const proxyVariables = ['http_proxy', 'https_proxy', 'all_proxy', 'grpc_proxy', 'no_proxy'];

/** A proxy's address as people may see it. @param {string} proxy */
export function withoutCredentials(proxy) {
  const url = URL.canParse(proxy) ? new URL(proxy) : null;
  return url === null || url.username === '' ? proxy : `${url.protocol}//${url.host}`;
}

/** `fetch`, through a proxy where one is named for `url`. Rejects as `fetch` does, and where the proxy is
 *  none that speaks HTTP.
 *  @param {string} url
 *  @param {RequestInit} [init]
 *  @returns {Promise<Response>} */
export async function fetchByEnvironment(url, init = {}) {
  const proxy = await proxyFor(url);
  if (proxy === null) return fetch(url, init);
  if (!/^https?:/.test(proxy))
    throw new Error(
      `expected a proxy at http://HOST:PORT, got ${withoutCredentials(proxy)}; name the host in no_proxy to go without`,
    );
  const undici = await import('undici');
  const agent = new undici.ProxyAgent(proxy);
  const response = await undici.fetch(url, /** @type {any} */ ({ ...init, dispatcher: agent }));
  return /** @type {any} */ (response);
}

/** @param {string} url @returns {Promise<string | null>} */
async function proxyFor(url) {
  if (
    isLoopback(new URL(url).hostname)
    || !proxyVariables.some((name) => process.env[name] || process.env[name.toUpperCase()])
  )
    return null;
  const { getProxyForUrl } = await import('proxy-from-env');
  return getProxyForUrl(url) || null;
}
