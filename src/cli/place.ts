import { sep } from 'node:path';

/** The folder that the command was started in, unless it has been removed since. */
export function workingFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** Takes the working folder off every path in the text: what is in it is named from here. */
export function fromHere(text: string): string {
  const folder = workingFolder();
  return folder === undefined ? text : text.replaceAll(`${folder}${sep}`, '');
}
