/**
 * Arrival sequences that queue managers meet, for 8 Mbit/s (a millisecond for 1,000 bytes), the same
 * in each run.
 */
import { type Arrival, poisson } from '../../support/link-driver.js';

const sizes = [40, 576, 1000, 1500, 1500];
/** Of `sizes`. */
const MEAN_NS = 923_200;

/** With so many of ten packets ECN-capable. */
export function aqmTraffic(ectOfTen: number): Record<string, Arrival[]> {
  const at = (load: number) => ({ meanGapNs: MEAN_NS / load, sizes, ectOfTen });
  return {
    'twice the capacity': poisson('overload', { count: 6000, ...at(2) }),
    'a bit more than the capacity': poisson('1.1', { count: 8000, ...at(1.1) }),
    'near the capacity': poisson('near', { count: 8000, ...at(0.98) }),
    'half the capacity': poisson('idle', { count: 2000, ...at(0.5) }),
    'on and off': poisson('on', { count: 6000, ...at(3), onNs: 400e6, offNs: 1.3e9 }),
    'on and long off': poisson('off', { count: 6000, ...at(2.5), onNs: 900e6, offNs: 1.7e9 }),
    'five milliseconds of waiting, exactly': steady(500),
    'jumbo frames': poisson('jumbo', {
      count: 2000,
      meanGapNs: 4_500_000,
      sizes: [100, 9000],
      ectOfTen,
    }),
  };
}

/** One packet of 1,000 bytes each millisecond, behind six at the start. */
function steady(count: number): Arrival[] {
  return Array.from({ length: count }, (_, i) => ({ atNs: Math.max(0, i - 5) * 1e6, bytes: 1000 }));
}
