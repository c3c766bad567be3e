import { Profile } from '../profile/profile.js';
import { diskFiles } from '../profile/source-maps/source-files.js';
import { SourceMaps } from '../profile/source-maps/source-maps.js';
import type { AttachedProcess } from './attach/attached-process.js';
import { nameOf, type ProcessFacts } from './attach/process-facts.js';
import { ThreadSampling } from './attach/thread-sampling.js';
import { endingOf, inSources, recompiles } from './attach-profile.js';
import { type AttachTarget, attachTo, say, timeIsUp } from './attach-to.js';
import { LiveTable } from './live-table.js';
import { Screen } from './screen.js';

export interface LiveOptions extends AttachTarget {
  /** How many functions to show; as many as the terminal has room for without. */
  readonly count: number | undefined;
  /** Samples a second. */
  readonly rate: number;
  /** For ever without. */
  readonly seconds: number | undefined;
  readonly recompiles: boolean;
  readonly usesSourceMaps: boolean;
}

/** How often a table is shown, in ticks of a collector, and when in a window's time what came of the one before is there. */
const ticksOfRound = 4;
const tickOfTaking = 2;
/** Where there is no terminal. */
const standardRows = 10;
/** Lines above the functions, and one below. */
const headRows = 6;

/**
 * Shows what a process does, again and again: in a terminal in one place, elsewhere one table after the other. With `seconds`, and no
 * terminal, one table at the end.
 */
export async function topLive(options: LiveOptions): Promise<void> {
  const { lines, notice } = await attachTo('top', options, (attached, facts, stop) =>
    watch(attached, facts, stop, options),
  );
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  if (notice !== undefined) say(notice);
}

async function watch(
  attached: AttachedProcess,
  facts: ProcessFacts,
  stop: AbortSignal,
  options: LiveOptions,
): Promise<{ readonly lines: readonly string[]; readonly notice: string | undefined }> {
  const { rate, seconds, count } = options;
  const quit = new AbortController();
  // The reader of our output has seen enough.
  process.stdout.once('error', () => quit.abort());
  const screen = Screen.isPossible()
    ? new Screen((key) => {
        if ('qQ\x03\x04'.includes(key)) quit.abort();
      })
    : undefined;
  const table = new LiveTable(`process ${facts.pid} (${nameOf(facts)})`);
  const maps = options.usesSourceMaps ? new SourceMaps({ files: diskFiles }) : undefined;
  const show = () => {
    if (table.isEmpty) return;
    if (screen !== undefined) screen.paint(table.lines('   q ends', count ?? screen.rows - headRows));
    else if (seconds === undefined) process.stdout.write(`${table.lines('', count ?? standardRows).join('\n')}\n\n`);
  };
  const take = async (threads: readonly ThreadSampling[]) => {
    const found = threads.flatMap((thread) => {
      const profile = thread.profile();
      return profile === undefined ? [] : [{ name: thread.threadName, profile }];
    });
    const parts = await Promise.all(
      found.map(async ({ name, profile }) => {
        const bare = Profile.fromModel({ ...profile.model, comments: [] });
        return { name, model: (maps === undefined ? bare : await inSources(bare, maps)).model };
      }),
    );
    if (parts.length > 0) table.add(parts);
  };
  let ticks = 0;
  let isTaking = false;
  let problem: unknown;
  const onTick = async (threads: readonly ThreadSampling[]) => {
    if (++ticks % ticksOfRound !== tickOfTaking || isTaking) return;
    isTaking = true;
    // What is opened in the process has to be closed before this command ends of anything.
    await take(threads).catch((error: unknown) => {
      problem = error;
      quit.abort();
    });
    isTaking = false;
    if (!quit.signal.aborted && !stop.aborted) show();
  };
  const make = (name: string, target: ConstructorParameters<typeof ThreadSampling>[2]) =>
    new ThreadSampling({ rate, recompiles: recompiles(options, facts), isLabelled: false }, name, target);
  const over = AbortSignal.any([stop, quit.signal]);
  try {
    if (screen === undefined) say(`samples process ${facts.pid} (${nameOf(facts)}) at ${rate} Hz; Ctrl-C ends`);
    const enough = timeIsUp(seconds ?? 2 ** 31 / 1000 - 1, over);
    const collected = await attached.collect(make, enough, onTick);
    if (problem !== undefined) throw problem;
    await take(collected.threads);
    const ending = endingOf(collected, facts);
    return { lines: table.lines('', count ?? standardRows), notice: ending };
  } finally {
    quit.abort();
    screen?.close();
  }
}
