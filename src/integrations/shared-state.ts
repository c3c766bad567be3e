/**
 * What all copies of the package in a thread have as one, made by the first that asks for it: a program may load an
 * integration by `import` and by `require`.
 *
 * @param name Another one whenever what it stands for changes: the copies may be of different versions.
 */
export function sharedState<State>(name: string, make: () => State): State {
  const key = Symbol.for(`profbuf.${name}`);
  const holder = globalThis as { [key: symbol]: State | undefined };
  const known = holder[key];
  if (known !== undefined) return known;
  const value = make();
  Object.defineProperty(globalThis, key, { value, configurable: true, enumerable: false });
  return value;
}
