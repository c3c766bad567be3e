import type { Labels } from '../labels/index.js';

export interface RequestLabelsOptions<Request> {
  /**
   * Labels besides `method` and `route`, a tenant's for instance. Choose few different values: a profile keeps those of one
   * label up to 10,000. What it throws is the request's error.
   */
  readonly labels?: (request: Request) => Labels;
}

/** Of a label's value. */
const longest = 1024;

/** A route's path as a label: regular expressions and lists of paths may be longer than a label is. */
export function routeLabel(path: unknown): string {
  return String(path).slice(0, longest);
}
