/**
 * One side of the system as an automaton. Code between two accesses depends only on local state and on what was observed,
 * so each local state is computed once: from the last operation's boundary, the code is run again with what it has
 * observed since, up to its next access.
 */
import type { Access, Observation, Recorder } from './access.js';
import { Snapshot } from './snapshot.js';

/** What one side does: a script of operations. */
export interface Program<Event> {
  readonly recorder: Recorder;
  /** All its local state can be reached from here. */
  readonly local: object;
  /** Runs the next operation of the script, and says what came of it. */
  run(): Event;
  isDone(): boolean;
}

/** A local state of one thread: just before an access, or after its last one. */
export interface LocalState<Event> {
  readonly id: number;
  readonly thread: Thread<Event>;
  /** The access that comes next; null: the script is at its end. */
  readonly access: Access | null;
  /** Why there is no next access. */
  readonly error: Error | null;
  /** Accesses of the present operation so far, of which atomic. */
  readonly steps: number;
  readonly atomicSteps: number;
}

export interface Transition<Event> {
  readonly target: LocalState<Event>;
  /** Operations that came to their end on the way. */
  readonly events: readonly Event[];
}

interface Details<Event> {
  readonly boundary: Snapshot;
  readonly observations: readonly Observation[];
  readonly transitions: Map<Observation, Transition<Event>>;
}

export class Thread<Event> {
  readonly #program: Program<Event>;
  readonly #beginning: Snapshot;
  readonly #states: LocalState<Event>[];
  readonly #details = new Map<LocalState<Event>, Details<Event>>();
  /** What follows from each boundary; null while that is being found out. */
  readonly #boundaries = new Map<string, Transition<Event> | null>();

  /** @param states all local states of all threads, numbered */
  constructor(program: Program<Event>, states: LocalState<Event>[]) {
    this.#program = program;
    this.#beginning = new Snapshot(program.local);
    this.#states = states;
  }

  /** The state that the script begins in. */
  start(): Transition<Event> {
    return this.#atBoundary(this.#beginning, []);
  }

  /** What follows if the access of `state` gives `observation`. */
  after(state: LocalState<Event>, observation: Observation): Transition<Event> {
    const details = this.#details.get(state);
    if (details === undefined || state.access === null) throw new Error('not a state that has a next one');
    let transition = details.transitions.get(observation);
    if (transition === undefined) {
      const isAtomic = state.access.operation !== 'read' && state.access.operation !== 'write';
      transition = this.#run(
        details.boundary,
        [...details.observations, observation],
        state.atomicSteps + (isAtomic ? 1 : 0),
        [],
      );
      details.transitions.set(observation, transition);
    }
    return transition;
  }

  #atBoundary(boundary: Snapshot, events: readonly Event[]): Transition<Event> {
    // The same local state reached again: what comes next is the same, the events on the way here are not.
    let next = this.#boundaries.get(boundary.key);
    if (next === null) throw new Error('the script goes round in circles without any access');
    if (next === undefined) {
      this.#boundaries.set(boundary.key, null);
      next = this.#run(boundary, [], 0, []);
      this.#boundaries.set(boundary.key, next);
    }
    return { target: next.target, events: [...events, ...next.events] };
  }

  #run(
    boundary: Snapshot,
    observations: readonly Observation[],
    atomicSteps: number,
    events: readonly Event[],
  ): Transition<Event> {
    const program = this.#program;
    boundary.restore();
    if (program.isDone()) return { target: this.#add(boundary, observations, atomicSteps, null, null), events };
    program.recorder.replay(observations);
    let event: Event | undefined;
    let thrown: unknown;
    try {
      event = program.run();
    } catch (error) {
      thrown = error;
    }
    const access = program.recorder.pending;
    if (access !== null || thrown !== undefined) {
      const error = access === null ? (thrown as Error) : null;
      return { target: this.#add(boundary, observations, atomicSteps, access, error), events };
    }
    return this.#atBoundary(new Snapshot(program.local), [...events, event as Event]);
  }

  #add(
    boundary: Snapshot,
    observations: readonly Observation[],
    atomicSteps: number,
    access: Access | null,
    error: Error | null,
  ): LocalState<Event> {
    const state = { id: this.#states.length, thread: this, access, error, steps: observations.length, atomicSteps };
    this.#states.push(state);
    this.#details.set(state, { boundary, observations, transitions: new Map() });
    return state;
  }
}
