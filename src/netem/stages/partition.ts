/** The link is cut: nothing passes. */
import { Counter } from '../counters.js';
import type { Stage } from './stage.js';

export class Partition implements Stage {
  apply(): number {
    return Counter.droppedPartition;
  }
}
