/** A density in the plane that is known in closed form. */

export interface ToyDensity {
  readonly name: string;
  /** Half the side of the square [-extent, extent]^2 outside which less than 1e-9 of the mass lies. */
  readonly extent: number;
  /** Draws n further independent points at each call, [n, 2] row-major: a function of (seed, stream) and of
   *  how many were drawn before. */
  sampler(seed: number, stream: string): (n: number) => Float32Array;
  /** points [n, 2] -> log p [n], nats, float64. */
  logDensity(points: Float32Array): Float64Array;
}
