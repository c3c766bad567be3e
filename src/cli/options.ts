import { parseArgs } from 'node:util';
import { BadInput } from './bad-input.js';

export interface OptionType {
  /** `optional` takes a value only as `--name=value`: what follows it may be the program. */
  readonly type: 'string' | 'boolean' | 'optional';
  readonly short?: string;
}

type OptionValues<Types extends Record<string, OptionType>> = {
  readonly [Name in keyof Types]?: Types[Name]['type'] extends 'boolean'
    ? true
    : Types[Name]['type'] extends 'optional'
      ? string | true
      : string;
};

export interface ParsedOptions<Types extends Record<string, OptionType>> {
  readonly values: OptionValues<Types>;
  /** What is no option, in order. */
  readonly operands: readonly string[];
}

/**
 * Splits a command's arguments. With `stopAtOperand` everything from the first operand on belongs to another program and
 * is left as it is, whatever it looks like.
 * @throws BadInput for an option that is unknown, or whose value is missing or not wanted.
 */
export function parseOptions<const Types extends Record<string, OptionType>>(
  command: string,
  types: Types,
  args: readonly string[],
  { stopAtOperand = false } = {},
): ParsedOptions<Types> {
  const fail = (problem: string): never => {
    throw new BadInput(`${problem}; see profbuf ${command} --help`);
  };
  const values: Record<string, string | true> = {};
  const operands: string[] = [];
  // parseArgs splits; what it finds is judged here, because its own errors take several lines.
  const split = Object.fromEntries(
    Object.entries(types).map(([name, { type, ...rest }]) => [
      name,
      { ...rest, type: type === 'string' ? ('string' as const) : ('boolean' as const) },
    ]),
  );
  const { tokens } = parseArgs({ args: [...args], options: split, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (stopAtOperand) return { values: values as OptionValues<Types>, operands: args.slice(token.index) };
      operands.push(token.value);
    } else if (token.kind === 'option-terminator') {
      return { values: values as OptionValues<Types>, operands: [...operands, ...args.slice(token.index + 1)] };
    } else {
      const { name, rawName, value } = token;
      const type = Object.hasOwn(types, name) ? types[name]?.type : undefined;
      if (type === undefined) return fail(`unknown option ${rawName}`);
      if (type === 'boolean') {
        if (value !== undefined) fail(`${rawName} takes no value`);
        values[name] = true;
      } else if (type === 'optional' && value === undefined) {
        values[name] = true;
      } else {
        if (value === undefined || value === '' || /^--?[a-z]/i.test(value)) return fail(`${rawName} needs a value`);
        values[name] = value;
      }
    }
  }
  return { values: values as OptionValues<Types>, operands };
}
