import type { Profile } from 'profbuf';

/** Keeps the processor busy. Its caller's name tells whose time it is. */
export function spin(microseconds: number): number {
  const end = performance.now() + microseconds / 1000;
  let x = 0;
  while (performance.now() < end) for (let i = 0; i < 50; i++) x += Math.sqrt(i);
  return x;
}

/** A function whose name no other has, so that a sample of it cannot be taken for one of another. */
export function namedFunction(name: string): (microseconds: number) => void {
  return new Function('spin', `return function ${name}(microseconds) { return spin(microseconds) + 1; }`)(spin);
}

export interface LabelledSample {
  /** Leaf first. */
  readonly functions: readonly string[];
  readonly labels: Readonly<Record<string, string | number>>;
  readonly count: number;
}

export function samplesOf({ model }: Profile): LabelledSample[] {
  return model.samples.map(({ stack, labels, values }) => ({
    functions: stack.map((location) => {
      const line = model.locations[location]?.lines[0];
      return (line && model.functions[line.function]?.name) ?? '';
    }),
    labels: Object.fromEntries(
      labels.map(({ key, value }) => [key, typeof value === 'bigint' ? Number(value) : value]),
    ),
    count: Number(values[0]),
  }));
}
