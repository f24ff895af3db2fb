/** Random numbers outside the graph (data sets, initial weights, evaluation noise): a counter-based
 *  generator, so that each number is a function of (seed, stream, index). The 64-bit finaliser is
 *  SplitMix64's (Steele, Lea, Flood 2014). */

const mask = 0xffffffffffffffffn;
const golden = 0x9e3779b97f4a7c15n;

function mix(z: bigint): bigint {
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
  return z ^ (z >> 31n);
}

/** FNV-1a of a stream's name, 64 bits. */
function hashName(name: string): bigint {
  let h = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(name)) h = ((h ^ BigInt(byte)) * 0x100000001b3n) & mask;
  return h;
}

/** Two int32 words for a (seed, stream) pair: the key that TensorFlow's stateless ops are given. */
export function prngKey(seed: number, stream: string): [number, number] {
  const z = mix((mix(BigInt(seed) + golden) ^ hashName(stream)) & mask);
  return [Number(BigInt.asIntN(32, z)), Number(BigInt.asIntN(32, z >> 32n))];
}

/** A generator of uniforms in [0, 1) with 53 bits (xoshiro128** of Blackman and Vigna, seeded from the pair's
 *  key). */
export function uniform(seed: number, stream: string): () => number {
  let state = mix((mix(BigInt(seed) + golden) ^ hashName(stream)) & mask);
  const word = (): number => {
    state = (state + golden) & mask;
    return Number(mix(state) & 0xffffffffn) >>> 0;
  };
  let [a, b, c, d] = [word(), word(), word(), word() | 1];
  const rotl = (x: number, k: number): number => (x << k) | (x >>> (32 - k));
  const next = (): number => {
    const result = Math.imul(rotl(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotl(d, 11);
    return result;
  };
  return () => (next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53;
}

/** A generator of standard normals (Box-Muller on `uniform`). */
export function normal(seed: number, stream: string): () => number {
  const next = uniform(seed, stream);
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - next()));
    const angle = 2 * Math.PI * next();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
