/** What is wrong with Go's protocol, and the smallest script that shows it. */
import { explore, type SearchResult } from './explore.js';
import { type GoConfiguration, goSystem } from './go-system.js';
import type { Check } from './violation.js';

export interface Fault {
  readonly name: string;
  readonly configuration: GoConfiguration;
  readonly check: Check;
  readonly message: RegExp;
}

export const goFaults: readonly Fault[] = [
  {
    name: 'wakes a reader twice for one sleep',
    configuration: { words: 8, depths: [3, 3, 1] },
    check: 'double wake-up',
    message: /^notewakeup - double wakeup$/,
  },
  {
    name: 'reports a loss ahead of records that came before it',
    configuration: { words: 8, depths: [2, 2], isBlocking: false },
    check: 'stream',
    message: /^a loss of 1 from time 101 on came when attempt 0 was due$/,
  },
  {
    name: 'ends ahead of records that came before the end',
    configuration: { words: 16, depths: [1], isBlocking: false },
    check: 'stream',
    message: /^the end came before attempt 0$/,
  },
  {
    name: 'loses a record that is longer than half the ring, although the ring is empty',
    configuration: { words: 8, depths: [0, 4], isBlocking: false },
    check: 'starvation',
    message: /ring was empty/,
  },
  {
    name: 'loses the count of losses with a writer that dies',
    configuration: { words: 8, depths: [1, 2, 0], nextDepths: [0], isBlocking: false },
    check: 'stream',
    message: /^record of attempt 3 came when attempt 1 was due$/,
  },
];

/** Searches for one fault, past any other. */
export function findGoFault({ configuration, check, message }: Fault): SearchResult {
  return explore(goSystem(configuration), (violation) => violation.check === check && message.test(violation.message));
}
