/** What is said of several steps, such as a warning, with the steps that it is said of. */

/** Texts about the step that has the label. */
export type Labelled = readonly (readonly [label: string, texts: readonly string[]])[];

/** Each text once, with its labels; `steps` are those that there are. */
export function eachOnce(
  said: Labelled,
  steps: readonly { readonly label: string }[],
): { readonly text: string; readonly labels: string }[] {
  const labels = new Map<string, Set<string>>();
  for (const [label, texts] of said) {
    for (const text of texts) labels.set(text, (labels.get(text) ?? new Set()).add(label));
  }
  const isAll = (of: Set<string>) => steps.length > 1 && steps.every(({ label }) => of.has(label));
  return [...labels].map(([text, of]) => ({
    text,
    labels: isAll(of) ? 'all steps' : [...of].join(', '),
  }));
}
