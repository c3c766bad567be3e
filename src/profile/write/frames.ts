import type { Location, ProfileModel } from '../model.js';
import { startLinesOf } from '../start-lines.js';

/** A function on a stack, as reports name it. Equal functions of one profile are the same object. */
export interface StackFunction {
  readonly name: string;
  /** Empty when not known. */
  readonly file: string;
  /** From 1, see `startLinesOf`; 0 when not known. */
  readonly startLine: number;
  /** From 1; 0 when not known. */
  readonly startColumn: number;
}

export interface StackFrame {
  readonly function: StackFunction;
  /** From 1; 0 when not known. */
  readonly line: number;
}

/** The frames of each location of the profile, by its index; in each, an inlined function before the one it is part of. */
export function framesByLocation(profile: ProfileModel): readonly (readonly StackFrame[])[] {
  const functions = new Map<string, StackFunction>();
  const interned = (found: StackFunction): StackFunction => {
    const key = JSON.stringify([found.name, found.file, found.startLine, found.startColumn]);
    const known = functions.get(key);
    if (known === undefined) functions.set(key, found);
    return known ?? found;
  };

  const startLines = startLinesOf(profile);
  // Columns are known only where functions begin, so a line further on takes it from there, if there is just one.
  const startColumns = new Map<number, number>();
  const beginsAt = (line: Location['lines'][number]) =>
    line.column !== 0 && line.line === profile.functions[line.function]?.startLine ? Number(line.column) : 0;
  for (const line of profile.locations.flatMap(({ lines }) => lines)) {
    const column = beginsAt(line);
    if (column === 0) continue;
    const other = startColumns.get(line.function);
    startColumns.set(line.function, other === undefined || other === column ? column : 0);
  }

  return profile.locations.map((location) => {
    const unnamed = addressName(profile, location);
    if (location.lines.length === 0) {
      return [{ function: interned({ name: unnamed, file: '', startLine: 0, startColumn: 0 }), line: 0 }];
    }
    return location.lines.map((line) => {
      const info = profile.functions[line.function];
      const found = interned({
        name: info?.name || info?.systemName || unnamed,
        file: info?.filename ?? '',
        startLine: startLines[line.function] ?? 0,
        startColumn: beginsAt(line) || (startColumns.get(line.function) ?? 0),
      });
      return { function: found, line: Number(line.line) };
    });
  });
}

/** What is left to say of code without symbols: its binary and address. */
function addressName({ mappings }: ProfileModel, { mapping, address }: Location): string {
  const binary = mappings[mapping]?.filename.replace(/^.*[/\\]/, '');
  const place = address === 0 ? '' : `0x${address.toString(16)}`;
  if (binary) return place ? `[${binary}] ${place}` : `[${binary}]`;
  return place || '<unknown>';
}
