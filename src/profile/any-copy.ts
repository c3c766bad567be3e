/**
 * Has `instanceof` know what another copy of a class has made: a process may load the package by `import` and by `require`,
 * and a bundler makes a copy of its own.
 *
 * @param name Of the class, in every copy and version.
 */
export function recognizeCopies(type: { readonly prototype: object }, name: string): void {
  const brand = Symbol.for(`profbuf.${name}`);
  const isInstance = Function.prototype[Symbol.hasInstance];
  Object.defineProperty(type.prototype, brand, { value: true });
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: unknown, value: unknown) {
      if (isInstance.call(this as typeof Function, value)) return true;
      // A class that extends this one has only what it has made itself.
      return this === type && typeof value === 'object' && value !== null && brand in value;
    },
  });
}
