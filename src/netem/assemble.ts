/** From the values of a rule in one direction to the stages that make them happen. */
import { Direction, type Impairments } from '../rules/rule.js';
import { compatStages } from './compat/stages.js';
import type { NatTable } from './nat-table.js';
import { rebindReturnStage, rebindStage } from './rebind.js';
import { corruptStage } from './stages/corrupt.js';
import { delayStage } from './stages/delay.js';
import { duplicateStage } from './stages/duplicate.js';
import { jitterStage } from './stages/jitter.js';
import type { StageKit } from './stages/kit.js';
import { lossStage } from './stages/loss.js';
import { outageStage } from './stages/outage.js';
import { Partition } from './stages/partition.js';
import { reorderStage } from './stages/reorder.js';
import type { Stage } from './stages/stage.js';

export interface Assembly {
  /** For each packet that comes, in the order of effects. */
  readonly stages: readonly Stage[];
  /** For the copy that `duplicate` made: what comes after it. */
  readonly copyStages: readonly Stage[];
}

/** The order of effects, always the same; each stage has streams of its own. */
export function assemble(
  impairments: Impairments,
  direction: Direction,
  kit: StageKit,
  nat: NatTable,
): Assembly {
  const { partition, outage, loss, ecn, corrupt, duplicate, rebind, compat } = impairments;
  const first: Stage[] = [];
  if (rebind !== null) {
    const make = direction === Direction.out ? rebindStage : rebindReturnStage;
    first.push(make(rebind, kit, nat));
  }
  if (partition !== null) first.push(new Partition());
  if (outage !== null) first.push(outageStage(outage, kit));
  if (compat === 'netem') {
    const { stages, copyStages } = compatStages(impairments, kit);
    return { stages: [...first, ...stages], copyStages };
  }
  if (loss !== null) first.push(lossStage(loss, ecn, kit));
  if (corrupt !== null) first.push(corruptStage(corrupt, kit));
  if (duplicate !== null) first.push(duplicateStage(duplicate, kit));
  const last = timeStages(impairments, kit);
  return { stages: [...first, ...last], copyStages: last };
}

/** What lies behind the link. */
function timeStages({ delayNs, jitter, reorder }: Impairments, kit: StageKit): Stage[] {
  const stages: Stage[] = [];
  if (delayNs > 0) stages.push(delayStage(delayNs));
  if (jitter !== null) stages.push(jitterStage(jitter, kit));
  if (reorder !== null) stages.push(reorderStage(reorder, kit));
  return stages;
}
