/**
 * Reads the results of a paired and of an independent gradient, and prints for each two neighbouring steps
 * the variance over the rounds of the difference of their late shares, in both, and the ratio of the two:
 * so many times more samples an independent ladder needs to tell the steps apart as well.
 */
import { readFileSync } from 'node:fs';

const [paired, independent] = process.argv
  .slice(2)
  .map((file) => JSON.parse(readFileSync(file, 'utf8')));

const rows = paired.steps.slice(1, -1).map(({ index, label }) => {
  const [a, b] = [paired, independent].map((result) => variance(differences(result, index)));
  const theory = gainOf(paired.steps[index].value, paired.steps[index + 1].value);
  const cells = [a, b].map((each) => each.toExponential(2));
  return [`${label} to ${paired.steps[index + 1].label}`, ...cells, b / a, theory];
});

console.log('steps            paired    independent  gain  theory');
for (const [steps, a, b, gain, theory] of rows) {
  const numbers = [gain, theory].map((each) => each.toFixed(2).padStart(6));
  console.log(`${steps.padEnd(15)}  ${a.padStart(8)}  ${b.padStart(11)} ${numbers.join('  ')}`);
}

/** Of each round: late share at the next step, less that at this one. */
function differences({ segments, rounds }, step) {
  return Array.from({ length: rounds }, (_, round) => {
    const [before, after] = [step, step + 1].map((each) => {
      const segment = segments.find((one) => one.step === each && one.round === round);
      const late = segment.values.late;
      return late.reduce((sum, value) => sum + value, 0) / late.length;
    });
    return after - before;
  });
}

function variance(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}

/** A lookup is late at both steps or at the next alone: its difference is one draw, and not two. */
function gainOf(loss, next) {
  const [p, q] = [loss, next].map((each) => 1 - (1 - each) ** 2);
  return (p * (1 - p) + q * (1 - q)) / ((q - p) * (1 - (q - p)));
}
