/** The link is cut: nothing passes. What `reject` answers is the engine's to send. */
import { Counter } from '../counters.js';
import type { Stage } from './stage.js';

export class Partition implements Stage {
  apply(): number {
    return Counter.droppedPartition;
  }
}
