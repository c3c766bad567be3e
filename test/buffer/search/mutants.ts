/**
 * Faults put into the shipped source, each of which the search has to find. A replaced text must be in the compiled module
 * exactly once, so that a mutant cannot quietly become the original.
 */
import type { Mutation } from './shipped-source.js';
import type { Check } from './violation.js';

export interface Mutant {
  readonly name: string;
  readonly mutations: readonly Mutation[];
  /** Name of the configuration that shows the fault. */
  readonly configuration: string;
  /** The check that is expected to find it first. */
  readonly check: Check;
}

function mutant(
  name: string,
  configuration: string,
  check: Check,
  module: string,
  ...replacements: readonly (readonly [from: string, to: string])[]
): Mutant {
  return { name, configuration, check, mutations: replacements.map(([from, to]) => ({ module, from, to })) };
}

export const mutants: readonly Mutant[] = [
  mutant('a record is published before it is laid out', 'polling', 'ownership', 'writer', [
    `this.#put(this.#position & (this.#capacity - 1), length, tag, time, header, stack, depth);
        this.#room -= length;
        this.#move(length);
        if (this.#publishesEach)
            this.#announce();`,
    `const at = this.#position & (this.#capacity - 1);
        this.#room -= length;
        this.#publish(length);
        this.#put(at, length, tag, time, header, stack, depth);
        if (this.#publishesEach);`,
  ]),
  mutant('the write position is stored plainly', 'polling', 'happens-before', 'writer', [
    'if (Atomics.exchange(this.#control, WRITE_POSITION, this.#position) < SLEEPING)',
    'const before = this.#control[WRITE_POSITION]; this.#control[WRITE_POSITION] = this.#position; if (before < SLEEPING)',
  ]),
  mutant('the read position is stored plainly', 'polling', 'happens-before', 'reader', [
    'Atomics.store(this.#control, READ_POSITION, this.#done);',
    'this.#control[READ_POSITION] = this.#done;',
  ]),
  mutant('publishing does not answer the sleeping bit', 'mixed lengths', 'wake-up', 'writer', [
    `if (this.#publishesEach)
            this.#announce();`,
    'if (this.#publishesEach) Atomics.store(this.#control, WRITE_POSITION, this.#position);',
  ]),
  mutant('a loss does not answer the sleeping bit', 'mixed lengths', 'wake-up', 'writer', [
    `this.#isLosing = true;
        this.#announce();`,
    'this.#isLosing = true;',
  ]),
  mutant('closing does not answer the sleeping bit', 'mixed lengths', 'wake-up', 'writer', [
    `Atomics.store(this.#control, CLOSED, 1);
        this.#announce();`,
    'Atomics.store(this.#control, CLOSED, 1);',
  ]),
  mutant('closing answers the sleeping bit before it closes', 'mixed lengths', 'wake-up', 'writer', [
    `Atomics.store(this.#control, CLOSED, 1);
        this.#announce();`,
    `this.#announce();
        Atomics.store(this.#control, CLOSED, 1);`,
  ]),
  mutant('a loss is announced before it is counted', 'mixed lengths', 'wake-up', 'writer', [
    `this.#losses.add(time, this.#position);
        this.#isLosing = true;
        this.#announce();`,
    `this.#announce();
        this.#losses.add(time, this.#position);
        this.#isLosing = true;`,
  ]),
  mutant('a sleeper is notified and its bit left set', 'mixed lengths', 'double wake-up', 'writer', [
    'if (Atomics.exchange(this.#control, WRITE_POSITION, this.#position) < SLEEPING)',
    `const bit = Atomics.load(this.#control, WRITE_POSITION) & SLEEPING;
        if (Atomics.exchange(this.#control, WRITE_POSITION, this.#position | bit) < SLEEPING)`,
  ]),
  mutant('the next writer wakes nobody', 'writer dies', 'wake-up', 'writer', [
    `this.#announce();
        Atomics.notify(this.#control, WRITE_POSITION);`,
    'this.#announce();',
  ]),
  mutant('the reader does not look again once the sleeping bit is set', 'mixed lengths', 'wake-up', 'sleep', [
    `if (this.#isReady())
                return true;
            this.#waitAtMost(asleep, rest);`,
    'this.#waitAtMost(asleep, rest);',
  ]),
  mutant('the sleeping bit is stored, not swapped in', 'mixed lengths', 'starvation', 'sleep', [
    'Atomics.compareExchange(this.#control, WRITE_POSITION, position, position | SLEEPING);',
    'Atomics.store(this.#control, WRITE_POSITION, position | SLEEPING);',
  ]),
  mutant('the reader sleeps without the sleeping bit', 'mixed lengths', 'wake-up', 'sleep', [
    'Atomics.compareExchange(this.#control, WRITE_POSITION, position, position | SLEEPING);\n        return position | SLEEPING;',
    'return position;',
  ]),
  mutant('waitAsync does not look again once the sleeping bit is set', 'waitAsync', 'wake-up', 'sleep', [
    'if (this.#isReady())\n                    settle(() => resolve(true));\n                else\n                    this.#listen(asleep);',
    'this.#listen(asleep);',
  ]),
  mutant('waitAsync takes a wait that is over for one that is pending', 'waitAsync', 'wake-up', 'sleep', [
    `this.#isListening = false;
            for`,
    'for',
  ]),
  mutant('waitAsync asks for a second wait while one is pending', 'waitAsync, time-outs', 'error', 'sleep', [
    'if (this.#isListening)\n            return;',
    '',
  ]),
  mutant('a record passes the losses before it', 'mixed lengths', 'stream', 'writer', [
    'this.#lost++;\n        this.#room = 0;',
    'this.#lost++;',
  ]),
  mutant('tryWrite counts a record that it turns away', 'patient', 'stream', 'writer', [
    `const advance = this.#advance(this.#position, length);
        if (advance > free) {
            // The reader can only make room by what it is shown, and a loss comes behind it.
            this.publish();
            return false;
        }`,
    `const advance = this.#advance(this.#position, length);
        if (advance > free)
            return this.#lose(time);`,
  ]),
  mutant('a loss passes what is held', 'held until there is no room', 'stream', 'writer', [
    `this.publish();
            return false;`,
    'return false;',
  ]),
  mutant('what is held is not published for whoever waits for room', 'held, patient', 'starvation', 'writer', [
    `this.publish();
            return false;`,
    'return false;',
  ]),
  mutant('closing does not publish what is held', 'held', 'count', 'writer', [
    `this.publish();
        Atomics.store(this.#control, CLOSED, 1);`,
    'Atomics.store(this.#control, CLOSED, 1);',
  ]),
  mutant('closing publishes what is held after it says so', 'held', 'count', 'writer', [
    `this.publish();
        Atomics.store(this.#control, CLOSED, 1);`,
    `Atomics.store(this.#control, CLOSED, 1);
        this.publish();`,
  ]),
  mutant('what is published is held on', 'held', 'stream', 'writer', [
    `if (!this.#isHolding)
            return;`,
    'if (this.#isHolding) return;',
  ]),
  mutant('the room is never found to have shrunk', 'polling', 'error', 'writer', ['this.#room -= length;', '']),
  mutant('the record that found free space is left out when it shrinks', 'polling', 'ownership', 'writer', [
    `this.#publish(advance);
        this.#makeRoom(free - advance);`,
    `this.#publish(advance);
        this.#makeRoom(free);`,
  ]),
  mutant('what is free behind the end of the ring is taken for room before it', 'wrap', 'error', 'writer', [
    'this.#room = Math.min(free, this.#capacity - (this.#position & (this.#capacity - 1)));',
    'this.#room = free;',
  ]),
  mutant('what is left before the end of the ring is not counted', 'wrap', 'error', 'writer', [
    'return length > rest ? rest + length : length;',
    'return length;',
  ]),
  mutant('no rewind marker is left', 'wrap', 'error', 'writer', ['this.#halves[2 * at + LENGTH_HALF] = REWIND;', '']),
  mutant('the read position wraps late', 'wrap', 'error', 'reader', [
    'this.#position = (this.#position + advance) & POSITION_MASK;',
    'this.#position = this.#position + advance;',
  ]),
  mutant('the write position wraps late', 'wrap', 'error', 'writer', [
    'this.#position = (this.#position + advance) & POSITION_MASK;',
    'this.#position = this.#position + advance;',
  ]),
  mutant('the record in the reader’s hand is given back', 'batches', 'ownership', 'reader', [
    `this.#position = (this.#position + advance) & POSITION_MASK;
        if`,
    `this.#position = (this.#position + advance) & POSITION_MASK;
        this.#done = this.#position;
        if (((this.#done - this.#givenBack) & POSITION_MASK) >= this.#batch) this.#giveBack();
        if`,
  ]),
  mutant('an empty ring is not given back', 'longest records', 'wake-up', 'reader', [
    `if (this.#givenBack !== this.#done)
                this.#giveBack();`,
    '',
  ]),
  mutant(
    'the reader does not look at the write position again before it takes losses',
    'mixed lengths',
    'stream',
    'reader',
    [
      `if (this.#refresh())
                return true;`,
      '',
    ],
  ),
  mutant('the end is believed without a second look at the losses', 'mixed lengths', 'count', 'reader', [
    '!this.#losses.isPending(this.#losses.load())',
    'true',
  ]),
  mutant('the end is believed without a second look at the ring', 'mixed lengths', 'count', 'reader', [
    '(Atomics.load(this.#control, WRITE_POSITION) & ~SLEEPING) === this.#position &&',
    '',
  ]),
  mutant('losses are taken without a compare-and-swap', 'mixed lengths', 'count', 'losses', [
    'return Atomics.compareExchange(this.#control, OVERFLOW, word, this.#without(word)) === word;',
    'Atomics.store(this.#control, OVERFLOW, this.#without(word));\n        return true;',
  ]),
  mutant('losses are claimed without a compare-and-swap', 'mixed lengths', 'stream', 'losses', [
    'return Atomics.compareExchange(this.#control, OVERFLOW, word, word | this.#committing) === word;',
    'Atomics.store(this.#control, OVERFLOW, word | this.#committing);\n        return true;',
  ]),
  mutant('a loss is counted without a compare-and-swap', 'mixed lengths', 'stream', 'losses', [
    'return Atomics.compareExchange(this.#control, OVERFLOW, word, next) === word;',
    'Atomics.store(this.#control, OVERFLOW, next);\n        return true;',
  ]),
  mutant('losses have no generation', 'wrap', 'stream', 'losses', [
    'return (this.#without(word) + this.#generation) & WORD_MASK;',
    'return this.#without(word);',
  ]),
  mutant(
    'a new group is counted before its first time is stored',
    'mixed lengths',
    'stream',
    'losses',
    ['this.#storeFirstTime(time);\n', '\n'],
    [
      'Atomics.store(this.#control, OVERFLOW, next | 1);',
      'Atomics.store(this.#control, OVERFLOW, next | 1);\n        this.#storeFirstTime(time);',
    ],
  ),
  mutant(
    'the reader loads the first time after it took the losses',
    'mixed lengths',
    'stream',
    'reader',
    ['const firstTime = losses.firstTime();', ''],
    ['this.#takenFirstTime = firstTime;', 'this.#takenFirstTime = losses.firstTime();'],
  ),
  mutant('the carry has one word for all generations', 'carry at 4', 'stream', 'losses', [
    'return LOST_CARRIES + ((word & this.#generation) === 0 ? 0 : 1);',
    'return LOST_CARRIES;',
  ]),
  mutant('a new group begins with the carry of an old one', 'carry at 2', 'stream', 'losses', [
    'Atomics.store(this.#control, this.#carryIndex(next), 0);',
    '',
  ]),
  mutant('a full count is not carried', 'carry at 2', 'stream', 'losses', [
    'if ((word & this.#countMask) === this.#countMask) {',
    'if (false) {',
  ]),
  mutant('the reader takes losses that the writer is publishing', 'mixed lengths', 'stream', 'losses', [
    'return (word & this.#countMask) !== 0 && (word & this.#committing) === 0;',
    'return (word & this.#countMask) !== 0;',
  ]),
  mutant('published losses are not cleared', 'wrap', 'stream', 'writer', ['losses.clear(pending);', '']),
  mutant('losses are cleared when they are claimed', 'writer dies', 'stream', 'writer', [
    'if (!losses.claim(pending))',
    'if (!losses.take(pending))',
  ]),
  mutant('a claim is announced as published before its loss record is', 'writer dies', 'stream', 'writer', [
    `this.#publish(advance);
        losses.clear(pending);`,
    `losses.clear(pending);
        this.#publish(advance);`,
  ]),
  mutant('the next writer leaves a claim as it is', 'writer dies', 'stream', 'losses', [
    'if ((word & this.#committing) !== 0) {',
    'if (false) {',
  ]),
  mutant('the next writer takes every claim for published', 'writer dies', 'stream', 'losses', [
    'this.#control[LOST_AT] !== place',
    'true',
  ]),
  mutant('the next writer takes no claim for published', 'writer dies', 'stream', 'losses', [
    'this.#control[LOST_AT] !== place',
    'false',
  ]),
  mutant('where a group began is not kept', 'writer dies', 'stream', 'losses', ['this.#control[LOST_AT] = place;', '']),
  mutant('the record follows losses that the reader has taken', 'mixed lengths', 'stream', 'writer', [
    `if (!losses.claim(pending))
            return this.#tryWriteUncommon(length, tag, time, header, stack, depth);`,
    'losses.claim(pending);',
  ]),
];
