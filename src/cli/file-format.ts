import {
  endingOf,
  fileEndings,
  formatByEnding,
  knownEndings,
  type ProfileFormat,
  profileFormats,
  unknownEnding,
} from '../profile/format.js';
import { BadInput } from './bad-input.js';

export function defaultName(stem: string, format: ProfileFormat): string {
  return `${stem}${fileEndings[format][0]}`;
}

/** Takes the ending of any of the formats off a file's name. */
export function stemOf(name: string): string {
  const ending = endingOf(name) ?? '';
  return name.length > ending.length ? name.slice(0, name.length - ending.length) : name;
}

/**
 * The format that `--format` names or, without it, the one that the output's name ends like; pprof if it has no ending.
 * @throws BadInput when there is no such format, or the ending is none of theirs.
 */
export function chooseFormat(named: string | undefined, output = ''): ProfileFormat {
  const format = named === undefined ? formatByEnding(output) : profileFormats.find((format) => format === named);
  if (format !== undefined) return format;
  if (named !== undefined) throw new BadInput(`no format ${named}; the formats are ${profileFormats.join(', ')}`);
  const ending = unknownEnding(output);
  throw new BadInput(
    `-o ${output}: no format is known by the ending ${ending}, only ${knownEndings}; or name one with --format`,
  );
}
