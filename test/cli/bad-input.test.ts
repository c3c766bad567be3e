import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { busyFor, Folder, profbuf } from './command.js';

/** What is wrong, the arguments, and what the one line must say. */
const cases: readonly [string, readonly string[], RegExp][] = [
  ['no command', [], /no command; the commands are record, attach, stack, ps, report, view, top, diff, convert: see/],
  ['an unknown command', ['recrod', 'app.js'], /unknown command recrod/],
  ['an unknown option', ['record', '--rat', '5', 'app.js'], /unknown option --rat; see profbuf record --help/],
  ['an option without its value', ['record', '--output'], /--output needs a value/],
  ['an option where a value should be', ['record', '--output', '--quiet', 'app.js'], /--output needs a value/],
  ['a value where none is wanted', ['record', '--quiet=yes', 'app.js'], /--quiet takes no value/],
  ['a rate that is too low', ['record', '--rate', '0.5', 'app.js'], /--rate 0.5: .* from 1 to 10000/],
  ['a rate that is too high', ['record', '--rate', '10001', 'app.js'], /--rate 10001: .* from 1 to 10000/],
  ['a rate below zero', ['record', '--rate', '-5', 'app.js'], /--rate -5: .* from 1 to 10000/],
  ['a rate that is no number', ['record', '--rate', 'fast', 'app.js'], /--rate fast: .* from 1 to 10000/],
  ['a duration of nothing', ['record', '--duration', '0', 'app.js'], /--duration 0: .* above 0/],
  ['a duration without end', ['record', '--duration', 'Infinity', 'app.js'], /--duration Infinity: .* above 0/],
  ['an HTTP port that is none', ['record', '--http', '70000', 'app.js'], /--http: 70000 is no address: .*HOST:/],
  ['a stall that is too short', ['record', '--stall', '5', 'app.js'], /--stall 5: .* from 50 to 60000/],
  ['an unknown format', ['record', '--format', 'svg', 'app.js'], /no format svg; the formats are pprof, cpuprofile/],
  [
    'an output that ends like no format',
    ['record', '-o', 'x.svg', 'app.js'],
    /-o x\.svg: no format is known by the ending \.svg, only \.pb\.gz, .*\(pprof\), \.cpuprofile .*--format/,
  ],
  ['a packed output', ['convert', 'app.js', '-o', 'x.cpuprofile.gz'], /no format is known by the ending \.gz, only/],
  ['no program', ['record'], /no program to record/],
  ['a missing script', ['record', 'missing.js'], /there is no script missing\.js/],
  ['a missing command', ['record', 'no-such-command-anywhere'], /cannot run no-such-command-anywhere/],
  [
    'an output in no folder',
    ['record', '-o', 'no/such/p.pb.gz', 'app.js'],
    /cannot write no\/such\/p\.pb\.gz: no such/,
  ],
  ['an output that is a folder', ['record', '-o', '.', 'app.js'], /cannot write \.: it is a directory/],
  ['an output that is a device', ['record', '-o', '/dev/null', 'app.js'], /cannot write \/dev\/null: .* regular file/],
  ['an output below a file', ['record', '-o', 'app.js/p', 'app.js'], /cannot write app\.js\/p: a part .* directory/],
  ['a name too long for a file', ['record', '-o', 'n'.repeat(300), 'app.js'], /cannot write n+: its name is too long/],
  // With the program's name and process id it is too long, which would show when the program has ended.
  ['a name too long for more', ['record', '-o', 'n'.repeat(200), 'app.js'], /cannot write n+: its name is too long/],
  ['nothing to show the top of', ['top'], /no profile to read/],
  ['a profile that is not there', ['top', 'missing.pb.gz'], /cannot read missing\.pb\.gz: no such file/],
  ['a profile that is a folder', ['top', '.'], /cannot read \.: it is a directory/],
  [
    'a file that is no profile',
    ['top', 'app.js'],
    /app\.js: not a profile: it is text that begins with "require\(.*; name/,
  ],
  ["a server's error", ['top', '404.txt'], /: it is text that begins with "404 page not found"; /],
  ['a web page', ['top', '404.html'], /: it is a web page; look at it/],
  ['a profile as text', ['top', 'heap.txt'], /: it is the text for people .* debug=1 or 2; ask for it without debug/],
  ['damaged stacks', ['top', 'stacks.txt'], /stacks\.txt: damaged profile: line 2 is no stack with a number; copy/],
  [
    'JSON that is no profile',
    ['top', 'package.json'],
    /: it is JSON of another kind than \.cpuprofile, .*; name a file/,
  ],
  [
    'a heap snapshot',
    ['convert', 'x.heapsnapshot', '-o', 'x.txt'],
    /: it is a heap snapshot, .*; take a \.heapprofile/,
  ],
  [
    'a damaged .cpuprofile',
    ['top', 'app.cpuprofile'],
    /: damaged profile: sample 0 is of a node that is not there; copy/,
  ],
  ['an empty file', ['top', '-'], /stdin: not a profile: it is empty/],
  ['a count that is no number', ['top', '-n', 'many', 'app.js'], /-n many: a whole number from 1/],
  ['a report of nothing', ['report'], /no profile to read; see profbuf report --help/],
  ['a report of no profile', ['report', 'app.js'], /app\.js: not a profile/],
  ['a report in no folder', ['report', '-o', 'no/such.html', 'app.js'], /cannot write no\/such\.html: no such/],
  [
    'a recording whose report has no place',
    ['record', '--report=no/such.html', 'app.js'],
    /cannot write no\/such\.html/,
  ],
  ['nothing to view', ['view'], /no profile to read; see profbuf view --help/],
  ['a conversion to nowhere', ['convert', 'app.js'], /no output; name a file with --output/],
  ['a conversion of no profile', ['convert', 'app.js', '-o', 'out.pb.gz'], /app\.js: not a profile/],
];

for (const [what, args, line] of cases) {
  test(`${what}: one line that says so, status 2, and nothing is run`, async (t) => {
    const folder = new Folder(t);
    folder.write('app.js', 'require("node:fs").writeFileSync("ran", "")');
    folder.write('app.cpuprofile', '{"nodes":[],"samples":[1],"timeDeltas":[0]}');
    folder.write('package.json', '{"name":"app"}');
    folder.write('x.heapsnapshot', '{"snapshot":{"meta":{}}}');
    folder.write('404.txt', '404 page not found\n');
    folder.write('404.html', '\n<!DOCTYPE html>\n<html><body>Not found</body></html>\n');
    folder.write('heap.txt', 'heap profile: 1: 16 [2: 32] @ heap/1048576\n1: 16 [2: 32] @ 0x1 0x2\n');
    folder.write('stacks.txt', 'main (/app.js:1);parse (/feed.js:10) 42\nmain (/app.js:1)\n');
    const { code, stdout, stderr } = await profbuf(args, { cwd: folder.path });
    assert.match(stderr, line);
    assert.match(stderr, /^profbuf: [^\n]+\n$/);
    assert.equal(stdout, '');
    assert.equal(code, 2);
    assert.ok(!existsSync(join(folder.path, 'ran')));
    assert.deepEqual(folder.profiles(), []);
  });
}

test('profiles one behind the other in one file are said to be so', async (t) => {
  const folder = new Folder(t);
  for (const program of ['', busyFor(300)]) {
    folder.write('app.js', program);
    assert.equal((await profbuf(['record', 'app.js'], { cwd: folder.path })).code, 0);
    const whole = folder.read('profile.pb.gz');
    folder.write('both.pb.gz', Buffer.concat([whole, whole]));
    const { code, stderr } = await profbuf(['top', 'both.pb.gz'], { cwd: folder.path });
    assert.match(stderr, /^profbuf: both\.pb\.gz: .* several profiles, one behind the other; give each file .*\n$/);
    assert.equal(code, 2);
  }
});

test('a profile that was cut short is said to be so', async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', '');
  assert.equal((await profbuf(['record', 'app.js'], { cwd: folder.path })).code, 0);
  const whole = folder.read('profile.pb.gz');
  folder.write('cut.pb.gz', whole.subarray(0, whole.length / 2));
  const { code, stderr } = await profbuf(['top', 'cut.pb.gz'], { cwd: folder.path });
  assert.match(stderr, /^profbuf: cut\.pb\.gz: .*damaged or cut short.*; copy the file again, or record it again.*\n$/);
  assert.equal(code, 2);
});

test('an earlier profile stays when the program cannot be started', async (t) => {
  const folder = new Folder(t);
  folder.write('profile.pb.gz', 'earlier');
  assert.equal((await profbuf(['record', 'no-such-command-anywhere'], { cwd: folder.path })).code, 2);
  assert.equal(folder.read('profile.pb.gz').toString(), 'earlier');
});
