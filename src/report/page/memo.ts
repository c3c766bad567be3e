/** Keeps the last result of a computation for as long as what it depends on is the same. */
export class Memo<Result, Dependencies extends readonly unknown[]> {
  readonly #compute: (...dependencies: Dependencies) => Result;
  #last: { readonly dependencies: Dependencies; readonly result: Result } | undefined;

  constructor(compute: (...dependencies: Dependencies) => Result) {
    this.#compute = compute;
  }

  get(...dependencies: Dependencies): Result {
    const last = this.#last;
    if (last?.dependencies.every((dependency, index) => dependency === dependencies[index])) return last.result;
    const result = this.#compute(...dependencies);
    this.#last = { dependencies, result };
    return result;
  }
}
