/** Units by family, smallest first, with the names that go under `go tool pprof` and the factor to the family's base. */
const families: readonly { readonly base: string; readonly units: readonly Unit[] }[] = [
  {
    base: 'B',
    units: [
      { name: 'B', aliases: ['b', 'byte'], factor: 1 },
      { name: 'kB', aliases: ['kb', 'kbyte', 'kilobyte'], factor: 2 ** 10 },
      { name: 'MB', aliases: ['mb', 'mbyte', 'megabyte'], factor: 2 ** 20 },
      { name: 'GB', aliases: ['gb', 'gbyte', 'gigabyte'], factor: 2 ** 30 },
      { name: 'TB', aliases: ['tb', 'tbyte', 'terabyte'], factor: 2 ** 40 },
      { name: 'PB', aliases: ['pb', 'pbyte', 'petabyte'], factor: 2 ** 50 },
    ],
  },
  {
    base: 's',
    units: [
      { name: 'ns', aliases: ['ns', 'nanosecond'], factor: 1 },
      { name: 'us', aliases: ['μs', 'us', 'microsecond'], factor: 1e3 },
      { name: 'ms', aliases: ['ms', 'millisecond'], factor: 1e6 },
      { name: 's', aliases: ['s', 'sec', 'second'], factor: 1e9 },
      { name: 'hrs', aliases: ['hour', 'hr'], factor: 3600e9 },
    ],
  },
];

/** Numbers of these are shown bare. */
const bareUnits: ReadonlySet<string> = new Set(['count', 'sample', 'unit']);

interface Unit {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly factor: number;
}

export interface Quantity {
  readonly value: number;
  /** Empty for counts and the like, which are shown without one. */
  readonly unit: string;
}

function find(name: string) {
  const lower = name.toLowerCase();
  const singular = lower.length > 2 ? lower.replace(/s$/, '') : lower;
  for (const family of families) {
    const unit = family.units.find(({ aliases }) => aliases.includes(singular));
    if (unit !== undefined) return { family, unit };
  }
  return undefined;
}

/** How many nanoseconds one of the unit is; undefined for a unit that is not one of time. */
export function nanosecondsIn(unit: string): number | undefined {
  const found = find(unit);
  return found?.family.base === 's' ? found.unit.factor : undefined;
}

/** The value in the largest unit of which it is at least one; without a unit if there are no others to choose from. */
export function inLargestUnit(value: number, unit: string): Quantity {
  const found = find(unit);
  if (found === undefined) return { value, unit: '' };
  const amount = Math.abs(value) * found.unit.factor;
  const { units, base } = found.family;
  const fitting = units.findLast(({ factor }) => amount / factor >= 1);
  return inUnit(value, unit, fitting?.name ?? base);
}

/** The value in another unit of the same family; in its own when there is no way from one to the other. */
export function inUnit(value: number, unit: string, target: string): Quantity {
  const from = find(unit);
  const to = find(target);
  if (from === undefined || from.family !== to?.family) return { value, unit: bareUnits.has(target) ? '' : target };
  return { value: (value * from.unit.factor) / to.unit.factor, unit: to.unit.name };
}
