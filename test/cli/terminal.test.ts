import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { busyFor, Folder, main, Run } from './command.js';

/** `script` of util-linux gives a command a terminal of its own. */
const hasScript = spawnSync('script', ['--version']).stdout?.includes('util-linux') ?? false;
const skip = !hasScript && !process.env.CI && 'script of util-linux is not installed';

const rows = 24;
const columns = 100;

/** Runs `profbuf record …` in a terminal; everything that reaches it comes as the run's stdout. */
function inTerminal(words: string, cwd: string, term = 'xterm'): Run {
  const command = `stty rows ${rows} cols ${columns}; exec '${process.execPath}' '${main}' record ${words}`;
  return new Run('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    cwd,
    env: { TERM: term, SHELL: '/bin/sh' },
  });
}

/** What the escape sequences of the status line mean, as far as the line uses them. ␛ stands for the escape character. */
class Screen {
  /** The status line's texts in the order of their showing; '' where it was cleared. */
  readonly statuses: string[] = [];
  /** All that was printed by others, in order. */
  readonly printed: string;
  /** The region that scrolls, from row 1 on. */
  region = rows;

  constructor(output: string) {
    const sequence = /␛D␛M|␛7(?:␛\[1;(\d+)r|(␛\[r))?␛\[(\d+);1H␛\[2K([^␛]*)␛8/g;
    this.printed = visible(output).replace(sequence, (match, region, whole, row, text) => {
      if (region !== undefined) this.region = Number(region);
      if (whole !== undefined) this.region = rows;
      if (row !== undefined) {
        assert.equal(Number(row), rows, `a status line elsewhere than in the last row: ${match}`);
        this.statuses.push(text);
      }
      return '';
    });
    assert.doesNotMatch(this.printed, /␛/, 'every sequence is one of the known');
  }
}

function visible(output: string): string {
  return output.replaceAll('\x1b', '␛');
}

test('a status line shows how it goes, below what the program prints, and is gone at the end', { skip }, async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', `${busyFor(1500)} console.log('first'); ${busyFor(1500).replaceAll(/busy|begin/g, '$&2')}`);
  const run = inTerminal('app.js', folder.path);
  const { code, stdout } = await run.end();
  assert.equal(code, 0);
  const screen = new Screen(stdout);
  assert.equal(screen.statuses.at(-1), '');
  assert.equal(screen.region, rows);
  const texts = screen.statuses.slice(0, -1);
  for (const text of texts) {
    assert.match(text, /^profbuf: [\d.]+ m?s, [\d,]+ samples?, \d+% CPU/);
    assert.ok(text.length < columns);
  }
  assert.match(texts.join('\n'), /% in busy /);
  // Counts from one second to the next.
  const counts = texts.map((text) => Number(/([\d,]+) samples?/.exec(text)?.[1]?.replace(',', '')));
  assert.ok(Number(counts.at(-1)) > Number(counts[0]), `rising counts: ${counts}`);
  assert.match(screen.printed, /^profbuf: recording app\.js at 100 Hz\r\nfirst\r\nprofbuf: profile\.pb\.gz: /);
});

test('Ctrl-C reaches the program once, and the profile is written', { skip }, async (t) => {
  const folder = new Folder(t);
  folder.write(
    'app.js',
    `let count = 0;
    process.on('SIGINT', () => { console.log('SIGINT ' + ++count); setTimeout(() => process.exit(7), 500); });
    setInterval(() => {}, 1000);
    console.log('ready');`,
  );
  const run = inTerminal('app.js', folder.path);
  await run.printed('ready');
  run.process.stdin?.write('\x03');
  const { code, stdout } = await run.end();
  assert.equal(code, 7);
  assert.match(stdout, /SIGINT 1/);
  assert.doesNotMatch(stdout, /SIGINT 2/);
  assert.deepEqual(folder.profiles(), ['profile.pb.gz']);
});

test('Ctrl-C ends an endless loop with a profile of it', { skip }, async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', `console.log('ready'); ${busyFor(60_000)}`);
  const run = inTerminal('app.js', folder.path);
  await run.printed('ready');
  await run.printed('% in busy ');
  run.process.stdin?.write('\x03');
  const { code } = await run.end();
  // `script` says 128 + SIGINT for a command that died of it.
  assert.equal(code, 130);
  assert.equal(folder.profile().top(1)[0]?.functionName, 'busy');
});

for (const [what, words, term] of [
  ['with --quiet', '--quiet app.js', 'xterm'],
  ['on a terminal that knows no escape sequences', 'app.js', 'dumb'],
] as const) {
  test(`no status line ${what}`, { skip }, async (t) => {
    const folder = new Folder(t);
    folder.write('app.js', busyFor(1500));
    const { code, stdout } = await inTerminal(words, folder.path, term).end();
    assert.equal(code, 0);
    assert.doesNotMatch(visible(stdout), /␛/);
    if (term === 'xterm') assert.equal(stdout, '');
  });
}
