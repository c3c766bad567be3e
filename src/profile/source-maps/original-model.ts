import type { Frame } from '../frame.js';
import { mergeProfiles } from '../merge.js';
import type { FunctionInfo, Line, ProfileModel } from '../model.js';
import type { OriginalsOf } from './with-originals.js';

/**
 * A profile that was read from a file, by the functions that people wrote. What becomes equal is added up.
 *
 * @returns `undefined` in place of a model where nothing changes, and what there is to say.
 */
export async function originalModel(
  model: ProfileModel,
  originalsOf: OriginalsOf,
): Promise<{ readonly model: ProfileModel | undefined; readonly comments: readonly string[] }> {
  const columns = startColumns(model);
  const frameAt = ({ function: index, line, column }: Line): Frame => {
    const { name = '', filename = '', startLine = 0 } = model.functions[index] ?? {};
    const startColumn = columns[index] ?? 0;
    return {
      functionName: name,
      file: filename,
      startLine: Number(startLine),
      line: Number(line),
      ...(startColumn > 0 ? { startColumn } : {}),
      ...(column === 0 ? {} : { column: Number(column) }),
    };
  };
  const { hasChanges, frameOf, comments } = await originalsOf(
    model.locations.flatMap(({ lines }) => lines.map(frameAt)),
  );
  if (!hasChanges) return { model: undefined, comments };
  const functions = [...model.functions];
  const known = new Map<string, number>();
  const functionOf = (frame: Frame, before: FunctionInfo | undefined): number => {
    const info = { name: frame.functionName, systemName: '', filename: frame.file, startLine: frame.startLine };
    const key = JSON.stringify(info);
    const number = known.get(key) ?? functions.push({ ...before, ...info }) - 1;
    known.set(key, number);
    return number;
  };
  const locations = model.locations.map((location) => ({
    ...location,
    lines: location.lines.map((line) => {
      const frame = frameAt(line);
      const shown = frameOf(frame);
      if (shown === frame) return line;
      const number = functionOf(shown, model.functions[line.function]);
      return { function: number, line: shown.line, column: shown.column ?? 0 };
    }),
  }));
  const shown = { ...model, functions, locations, comments: [...model.comments, ...comments] };
  return { model: mergeProfiles([shown]), comments };
}

/** Where functions begin in their lines: pprof has no column for it, but a location at its beginning does, or its name. */
function startColumns({ functions, locations }: ProfileModel): number[] {
  const columns = functions.map(({ name, startLine }) => {
    const [, line, column] = /:(\d+):(\d+)\)$/.exec(name) ?? [];
    return Number(line) === Number(startLine) ? Number(column) : 0;
  });
  for (const { lines } of locations) {
    for (const { function: index, line, column } of lines) {
      if (columns[index] === 0 && column !== 0 && line === functions[index]?.startLine) columns[index] = Number(column);
    }
  }
  return columns;
}
