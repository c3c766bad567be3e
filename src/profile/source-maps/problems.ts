/** The most files that are named one by one. */
const mostNamed = 5;

/** What is wrong with the maps of which files, for the comments of profiles: one line for a file. */
export class Problems {
  readonly #reasons = new Map<string, { readonly reason: string; readonly scripts: Set<string> }>();
  readonly #dense = new Set<string>();

  /** @param script Which a profile has, where the file is only a source of it. */
  add(file: string, reason: string, script = file): void {
    const known = this.#reasons.get(file);
    if (known === undefined) this.#reasons.set(file, { reason, scripts: new Set([script]) });
    else known.scripts.add(script);
  }

  /** Lines of the file hold code of many lines of its sources. */
  addDense(file: string): void {
    this.#dense.add(file);
  }

  /** @param files Those of the profile. */
  comments(files: ReadonlySet<string>): string[] {
    const all = [...this.#reasons].filter(([, { scripts }]) => [...scripts].some((script) => files.has(script)));
    // Packages leave out their maps by the dozen.
    const own = all.filter(([file]) => !file.includes('/node_modules/'));
    const named = own.slice(0, mostNamed).map(([file, { reason }]) => `source maps: ${file}: ${reason}`);
    const others = all.length - named.length;
    const dense = [...this.#dense].filter((file) => files.has(file)).sort();
    const denseNames = dense.slice(0, mostNamed).join(', ') + (dense.length > mostNamed ? ' and others' : '');
    return [
      ...named,
      ...(others === 0
        ? []
        : [
            `source maps: ${others === 1 ? 'the map of 1 other file is' : `those of ${others} other files, mostly of packages, are`} of no use`,
          ]),
      ...(dense.length === 0
        ? []
        : [
            `source maps: lines within functions of ${denseNames} are not known, as one line of it holds many of the sources: functions are at the lines where they begin; docs/source-maps.md says how bundlers keep lines`,
          ]),
    ];
  }
}
