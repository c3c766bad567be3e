/**
 * Tries every order in which two threads can take their steps, one access of shared memory at a time, breadth first.
 *
 * A state is: the local state of each thread, every byte of the shared memory, who sleeps, the happens-before relation, and
 * what the reader has been told. All of it is compared exactly, so that a state pruned is one whose future was explored.
 * Atomics are sequentially consistent and a program without data races (which is checked) behaves as if all its accesses
 * were, so orders of whole accesses are all there is.
 */
import type { Access, Observation, View } from './access.js';
import { HappensBefore } from './happens-before.js';
import { Interner } from './interner.js';
import { type LocalState, type Program, Thread, type Transition } from './thread.js';
import { type Check, Violation } from './violation.js';

export const WRITER = 0;
export const READER = 1;
export type Side = typeof WRITER | typeof READER;
const SIDE_NAMES = ['writer', 'reader'] as const;

/** A control word, by its index in the ring's Int32Array. */
export interface ControlWord {
  readonly index: number;
  readonly name: string;
  /** Accessed by plain reads and writes only; all others by Atomics only. */
  readonly isPlain?: boolean;
}

/** Reads a control word of the state at hand. */
export type ReadControl = (index: number) => number;

/** What the search needs to know of the code under search. */
export interface System<Event, Monitor extends { readonly key: string }> {
  readonly capacity: number;
  readonly controlWords: readonly ControlWord[];
  /** Formatted memory: control words, then the ring as Int32. */
  readonly initialControl: Int32Array;
  readonly initialHalves: Int32Array;
  readonly writer: Program<Event>;
  readonly reader: Program<Event>;
  /** Whether the first operation of each side, which attaches it, is over before the search begins: yes if left out. */
  readonly attached?: boolean;
  /** Those that take over from a writer or reader that dies, one after the other; the last of a side does not die. */
  readonly nextWriters?: readonly Program<Event>[];
  readonly nextReaders?: readonly Program<Event>[];
  /** A wait may end by its timeout. */
  readonly timeouts?: boolean;
  /** Most accesses of one operation of the writer, and most atomic ones. */
  readonly mostWriterSteps: number;
  readonly mostWriterAtomicSteps: number;
  readonly monitor: Monitor;
  /** Words published and not given back: from `read` to `write`, modulo capacity, and how many. */
  published(control: ReadControl): { readonly read: number; readonly used: number };
  /** Why a reader that sleeps should not, with the writer between two operations; null if it may. */
  whyAwake(monitor: Monitor, control: ReadControl): string | null;
  heard(monitor: Monitor, event: Event, control: ReadControl): Monitor;
  died(monitor: Monitor, side: Side): Monitor;
  /** Called at every access, before it. */
  accessed?(monitor: Monitor, side: Side, access: Access, isFirst: boolean, control: ReadControl): Monitor;
  /** Called after a store, an exchange or a compare-and-swap that succeeded. */
  stored?(monitor: Monitor, side: Side, access: Access): Monitor;
}

export interface Failure {
  readonly check: Check;
  readonly message: string;
  /** The steps that lead there: the shortest way there is. */
  readonly schedule: readonly string[];
}

export interface SearchResult {
  readonly states: number;
  readonly transitions: number;
  /** States in which both sides have come to their end. */
  readonly ends: number;
  /** The longest operation of the writer, in accesses, and the most atomic ones in an operation. */
  readonly writerSteps: number;
  readonly writerAtomicSteps: number;
  readonly failure: Failure | null;
}

// Flags of a state.
/** A wait of the reader is pending. */
const ASLEEP = 1;
/** It was ended by a notify, and the reader has not noticed yet. */
const WOKEN = 2;
/** Then, for each side, how many have died. */
const DEATHS_SHIFT = 2;
const DEATHS_BITS = 2;
const DEATHS_MASK = 2 ** DEATHS_BITS - 1;

// Columns of a state.
const LOCAL = 0;
const MEMORY = 2;
const ORDER = 3;
const MONITOR = 4;
const FLAGS = 5;
const COLUMNS = 6;

/** What a thread does next, besides a step. */
type Move = 'step' | 'time-out' | 'die';

/** More states than this take more memory than a test may. */
const MOST_STATES = 30_000_000;

/**
 * Searches until a check fails.
 *
 * @param isSought which failures end the search; any other ends its own branch only, so that what lies beyond a known fault
 * can be searched too
 */
export function explore<Event, Monitor extends { readonly key: string }>(
  system: System<Event, Monitor>,
  isSought: (violation: Violation) => boolean = () => true,
): SearchResult {
  return new Search(system, isSought).run();
}

class Search<Event, Monitor extends { readonly key: string }> {
  readonly #system: System<Event, Monitor>;
  readonly #isSought: (violation: Violation) => boolean;
  readonly #locals: LocalState<Event>[] = [];
  readonly #successors: readonly (readonly Thread<Event>[])[];
  readonly #states = new Interner(COLUMNS);
  readonly #memories: Interner;
  readonly #orders: Interner;
  readonly #monitors: Monitor[] = [];
  readonly #monitorNumbers = new Map<string, number>();
  /** For each state, the state before it and the move from there, as `state * 6 + side * 3 + move`. */
  readonly #origins: number[] = [];
  /** Where each control word is in `#memory`, by its index; -1 for others. */
  readonly #slots: Int32Array;
  readonly #names: readonly string[];
  readonly #memory: Int32Array;
  readonly #order: HappensBefore;
  readonly #state = new Int32Array(COLUMNS);
  readonly #halves = new Int32Array(2);
  readonly #word = new Float64Array(this.#halves.buffer);
  readonly #readControl: ReadControl = (index) => this.#memory[this.#slots[index] as number] as number;
  #transitions = 0;
  #ends = 0;
  #writerSteps = 0;
  #writerAtomicSteps = 0;

  constructor(system: System<Event, Monitor>, isSought: (violation: Violation) => boolean) {
    this.#system = system;
    this.#isSought = isSought;
    const { controlWords, capacity } = system;
    this.#slots = new Int32Array(Math.max(...controlWords.map(({ index }) => index)) + 1).fill(-1);
    this.#names = controlWords.map(({ name }) => name);
    this.#memory = new Int32Array(controlWords.length + 2 * capacity);
    controlWords.forEach(({ index }, slot) => {
      this.#slots[index] = slot;
      this.#memory[slot] = system.initialControl[index] as number;
    });
    this.#memory.set(system.initialHalves, controlWords.length);
    this.#memories = new Interner(this.#memory.length);
    this.#order = new HappensBefore(controlWords.length);
    this.#orders = new Interner(this.#order.sets.length);
    const threads = (programs: readonly Program<Event>[] = []) =>
      programs.map((program) => new Thread(program, this.#locals));
    this.#successors = [threads(system.nextWriters), threads(system.nextReaders)];
  }

  run(): SearchResult {
    let failure: Failure | null = null;
    try {
      this.#begin();
      for (let state = 0; state < this.#states.count && failure === null; state++) {
        if (state >= MOST_STATES) throw new Error(`more than ${MOST_STATES} states`);
        failure = this.#expand(state);
      }
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      failure = { check: error.check, message: error.message, schedule: [] };
    }
    return {
      states: this.#states.count,
      transitions: this.#transitions,
      ends: this.#ends,
      writerSteps: this.#writerSteps,
      writerAtomicSteps: this.#writerAtomicSteps,
      failure,
    };
  }

  #begin(): void {
    const { system, state } = { system: this.#system, state: this.#state };
    state[MONITOR] = this.#monitorNumber(system.monitor);
    for (const side of [WRITER, READER] as const) {
      const thread = new Thread(side === WRITER ? system.writer : system.reader, this.#locals);
      let transition = thread.start();
      this.#enter(side, transition);
      // The first operation attaches; alone, it has one order only.
      while (system.attached !== false && transition.events.length === 0) {
        const { access } = transition.target;
        if (access === null) break;
        transition = thread.after(transition.target, this.#perform(side, access));
        this.#enter(side, transition);
      }
    }
    this.#add(-1);
  }

  #expand(from: number): Failure | null {
    let moves = 0;
    for (const side of [WRITER, READER] as const) {
      for (const move of ['step', 'time-out', 'die'] as const) {
        this.#load(from);
        if (!this.#isPossible(side, move)) continue;
        const origin = from * 6 + side * 3 + ['step', 'time-out', 'die'].indexOf(move);
        try {
          this.#move(side, move);
          this.#check();
        } catch (error) {
          if (!(error instanceof Violation)) throw error;
          moves++;
          if (!this.#isSought(error)) continue;
          return { check: error.check, message: error.message, schedule: this.#schedule(origin) };
        }
        moves++;
        this.#add(origin);
      }
    }
    this.#transitions += moves;
    if (moves > 0) return null;
    this.#load(from);
    this.#ends++;
    if (this.#local(READER).access === null) return null;
    const origin = this.#origins[from] as number;
    return { check: 'wake-up', message: 'the reader sleeps for ever', schedule: this.#schedule(origin) };
  }

  #load(number: number): void {
    this.#states.copy(number, this.#state);
    this.#memories.copy(this.#state[MEMORY] as number, this.#memory);
    this.#orders.copy(this.#state[ORDER] as number, this.#order.sets);
  }

  #add(origin: number): void {
    this.#state[MEMORY] = this.#memories.intern(this.#memory);
    this.#state[ORDER] = this.#orders.intern(this.#order.sets);
    const { count } = this.#states;
    if (this.#states.intern(this.#state) === count) this.#origins.push(origin);
  }

  #local(side: Side): LocalState<Event> {
    return this.#locals[this.#state[LOCAL + side] as number] as LocalState<Event>;
  }

  get #flags(): number {
    return this.#state[FLAGS] as number;
  }

  set #flags(flags: number) {
    this.#state[FLAGS] = flags;
  }

  get #monitor(): Monitor {
    return this.#monitors[this.#state[MONITOR] as number] as Monitor;
  }

  set #monitor(monitor: Monitor) {
    this.#state[MONITOR] = this.#monitorNumber(monitor);
  }

  #monitorNumber(monitor: Monitor): number {
    let number = this.#monitorNumbers.get(monitor.key);
    if (number === undefined) {
      number = this.#monitors.push(monitor) - 1;
      this.#monitorNumbers.set(monitor.key, number);
    }
    return number;
  }

  #isPossible(side: Side, move: Move): boolean {
    const { access } = this.#local(side);
    if (access === null) return false;
    if (move === 'step') return side === WRITER || !this.#isAsleep(access);
    if (move === 'time-out') return side === READER && this.#system.timeouts === true && this.#canTimeOut(access);
    return this.#successor(side) !== undefined;
  }

  #isAsleep({ operation }: Access): boolean {
    if (operation === 'awaken') return (this.#flags & WOKEN) === 0;
    return operation === 'wait' && (this.#flags & ASLEEP) !== 0;
  }

  /** A timer can be ahead of a wake-up that is on its way; a blocking wait cannot. */
  #canTimeOut(access: Access): boolean {
    return access.operation === 'awaken' || this.#isAsleep(access);
  }

  #move(side: Side, move: Move): void {
    const local = this.#local(side);
    const access = local.access as Access;
    if (move === 'die') {
      const successor = this.#successor(side) as Thread<Event>;
      this.#flags += 1 << deathsShift(side);
      if (side === READER) this.#flags &= ~(ASLEEP | WOKEN);
      this.#monitor = this.#system.died(this.#monitor, side);
      this.#enter(side, successor.start());
      return;
    }
    if (move === 'time-out') {
      // The engine's wait goes on when a timer is up: it cannot be cancelled.
      if (access.operation === 'wait') this.#flags &= ~ASLEEP;
      this.#enter(side, local.thread.after(local, 'timed-out'));
      return;
    }
    const system = this.#system;
    if (system.accessed) {
      this.#monitor = system.accessed(this.#monitor, side, access, local.steps === 0, this.#readControl);
    }
    if (access.operation === 'wait') {
      if ((this.#flags & WOKEN) === 0) {
        const slot = this.#atomicSlot(access);
        this.#order.load(side, slot);
        if (this.#memory[slot] === access.value) this.#flags |= ASLEEP;
        else this.#enter(side, local.thread.after(local, 'not-equal'));
        return;
      }
      this.#flags &= ~WOKEN;
      this.#enter(side, local.thread.after(local, 'ok'));
      return;
    }
    if (access.operation === 'awaken') {
      this.#flags &= ~WOKEN;
      this.#enter(side, local.thread.after(local, 'woken'));
      return;
    }
    if (side === WRITER) this.#countSteps(local);
    this.#enter(side, local.thread.after(local, this.#perform(side, access)));
  }

  #successor(side: Side): Thread<Event> | undefined {
    return this.#successors[side]?.[(this.#flags >> deathsShift(side)) & DEATHS_MASK];
  }

  #countSteps(local: LocalState<Event>): void {
    const { operation } = local.access as Access;
    const steps = local.steps + 1;
    const atomicSteps = local.atomicSteps + (operation === 'read' || operation === 'write' ? 0 : 1);
    this.#writerSteps = Math.max(this.#writerSteps, steps);
    this.#writerAtomicSteps = Math.max(this.#writerAtomicSteps, atomicSteps);
    const { mostWriterSteps, mostWriterAtomicSteps } = this.#system;
    if (steps > mostWriterSteps || atomicSteps > mostWriterAtomicSteps) {
      throw new Violation('steps', `the writer has taken ${steps} steps, ${atomicSteps} of them atomic`);
    }
  }

  #enter(side: Side, { target, events }: Transition<Event>): void {
    for (const event of events) this.#monitor = this.#system.heard(this.#monitor, event, this.#readControl);
    if (target.error instanceof Violation) throw target.error;
    if (target.error !== null) throw new Violation('error', `${SIDE_NAMES[side]}: ${target.error.message}`);
    this.#state[LOCAL + side] = target.id;
  }

  /** Takes one step in memory. */
  #perform(side: Side, access: Access): Observation {
    const { operation } = access;
    if (operation === 'read' || operation === 'write') return this.#plain(side, access, operation === 'write');
    const slot = this.#atomicSlot(access);
    const found = this.#memory[slot] as number;
    if (operation === 'notify') {
      if ((this.#flags & ASLEEP) === 0) return 0;
      this.#flags = (this.#flags & ~ASLEEP) | WOKEN;
      return 1;
    }
    if (operation !== 'store') this.#order.load(side, slot);
    if (operation === 'waitAsync') {
      if (found !== access.value) return 'not-equal';
      this.#flags |= ASLEEP;
      return 'waiting';
    }
    if (operation === 'load' || (operation === 'compareExchange' && found !== access.expected)) return found;
    this.#order.store(side, slot);
    this.#memory[slot] = access.value;
    if (this.#system.stored) this.#monitor = this.#system.stored(this.#monitor, side, access);
    return operation === 'store' ? undefined : found;
  }

  #plain(side: Side, { view, index, value }: Access, isWrite: boolean): Observation {
    if (view === 'control') {
      const slot = this.#slot(index);
      const name = this.#names[slot] as string;
      if (this.#system.controlWords[slot]?.isPlain !== true) {
        throw new Violation(
          'happens-before',
          `plain ${isWrite ? 'write' : 'read'} of the ${name}, which both sides use`,
        );
      }
      this.#order.plain(side, this.#system.capacity + slot, isWrite, name);
      if (!isWrite) return this.#memory[slot];
      this.#memory[slot] = value;
      return undefined;
    }
    const word = view === 'words' ? index : index >> 1;
    this.#checkOwnership(side, word, isWrite);
    this.#order.plain(side, word, isWrite, `word ${word}`);
    const at = this.#names.length + 2 * word;
    if (view === 'halves') {
      if (!isWrite) return this.#memory[at + (index & 1)];
      this.#memory[at + (index & 1)] = value;
      return undefined;
    }
    if (!isWrite) {
      this.#halves[0] = this.#memory[at] as number;
      this.#halves[1] = this.#memory[at + 1] as number;
      return this.#word[0];
    }
    this.#word[0] = value;
    this.#memory[at] = this.#halves[0] as number;
    this.#memory[at + 1] = this.#halves[1] as number;
    return undefined;
  }

  #checkOwnership(side: Side, word: number, isWrite: boolean): void {
    const { read, used } = this.#system.published(this.#readControl);
    const isPublished = ((word - read) & (this.#system.capacity - 1)) < used;
    if (isWrite && side === READER) throw new Violation('ownership', `the reader wrote word ${word}`);
    if (isWrite && isPublished) {
      throw new Violation('ownership', `word ${word} was overwritten, ${used} words from ${read} on not given back`);
    }
    if (!isWrite && !isPublished) {
      throw new Violation('ownership', `word ${word} was read, ${used} words from ${read} on published`);
    }
  }

  /** With the writer between two operations, nobody is about to wake the reader. */
  #check(): void {
    const { access } = this.#local(READER);
    if (access === null || !this.#isAsleep(access) || this.#local(WRITER).steps > 0) return;
    const reason = this.#system.whyAwake(this.#monitor, this.#readControl);
    if (reason !== null) throw new Violation('wake-up', `the reader sleeps although ${reason}`);
  }

  #slot(index: number): number {
    const slot = this.#slots[index] ?? -1;
    if (slot === -1) throw new Error(`control word ${index} is not known to the search`);
    return slot;
  }

  #atomicSlot({ operation, index }: Access): number {
    const slot = this.#slot(index);
    if (this.#system.controlWords[slot]?.isPlain === true) {
      throw new Error(`Atomics.${operation} on the plain word "${this.#names[slot]}"`);
    }
    return slot;
  }

  #schedule(origin: number): string[] {
    const lines: string[] = [];
    for (let at = origin; at >= 0; ) {
      const state = Math.floor(at / 6);
      const side = at % 6 < 3 ? WRITER : READER;
      const move = (['step', 'time-out', 'die'] as const)[at % 3] as Move;
      this.#load(state);
      const access = this.#local(side).access as Access;
      lines.push(`${SIDE_NAMES[side]} ${move === 'step' ? describeAccess(access, this.#nameOf(access)) : `${move}s`}`);
      at = this.#origins[state] as number;
    }
    return lines.reverse();
  }

  #nameOf({ view, index }: Access): string {
    return view === 'control' ? (this.#names[this.#slots[index] ?? -1] ?? `control ${index}`) : wordName(view, index);
  }
}

function deathsShift(side: Side): number {
  return DEATHS_SHIFT + side * DEATHS_BITS;
}

function wordName(view: View, index: number): string {
  return view === 'words' ? `word ${index}` : `${index % 2 === 0 ? 'length' : 'tag'} at ${index >> 1}`;
}

/** An access in words. */
export function describeAccess({ operation, value, expected }: Access, name: string): string {
  if (operation === 'write' || operation === 'store' || operation === 'exchange')
    return `${operation} ${name} := ${value}`;
  if (operation === 'compareExchange') return `${operation} ${name} ${expected} → ${value}`;
  if (operation === 'wait') return `${operation} while ${name} is ${value}`;
  return `${operation} ${name}`;
}
