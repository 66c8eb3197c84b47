/** Chance for simulations: the same in every run. */
import seedrandom from 'seedrandom';

export function randomOf(seed: string): () => number {
  const generator = seedrandom.xor128(seed);
  return () => generator.double();
}
