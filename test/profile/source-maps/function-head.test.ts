import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { functionHeadAt } from '#profbuf/profile/source-maps/function-head.js';
import { Folder } from '../../cli/command.js';
import { runtimes } from '../../runtimes.js';

/** Functions of every kind, and classes' fields and blocks, each of which takes some time. */
const program = `
const spin = () => { let s = 0; for (let i = 0; i < 2e6; i++) s += Math.sqrt(i ^ s); return s; };
class A { static { spin() } value; other = spin(); constructor(o) { this.value = o } method(a, b) { return spin() } get size() { return spin() } #p() { return spin() } p() { return this.#p() } static async make() { return spin() } }
class B { static x = spin(); #p = spin(); ['q'] = spin() }
class C extends B {}
class D { static { spin() } static { spin() }  z;  a = spin(); }
function plain(a) { return spin() }
function* items(n) { yield spin() }
async function later() { await null; return spin() }
const arrow = (a, b) => spin(), bare = x => spin(), asynchronous = async x => spin(), destructured = ({ a }, [b]) => spin();
const tools = { format(x) { return spin() }, 'print it': function () { return spin() }, [Symbol.iterator]() { return spin() }, async later() { return spin() } };
for (let i = 0; i < 2; i++) {
  const a = new A(1); a.method(); a.size; a.p(); A.make(); new B(); new C(); new D(); plain(); [...items(1)]; later(); arrow(); bare(); asynchronous(); destructured({}, []);
  tools.format(); tools['print it'](); tools[Symbol.iterator](); tools.later(); [1].map(function (x) { return spin() }); [1].map((x) => spin());
}
`;

describe('the place where V8 says that a function begins', () => {
  for (const runtime of runtimes) {
    it(`looks like one in the text that ran (${runtime.name})`, (test) => {
      const folder = new Folder(test);
      folder.write('app.cjs', program);
      const { status } = spawnSync(runtime.path, ['--cpu-prof', '--cpu-prof-interval', '200', 'app.cjs'], {
        cwd: folder.path,
      });
      assert.equal(status, 0);
      const file = readdirSync(folder.path).find((name) => name.endsWith('.cpuprofile')) ?? assert.fail();
      const { nodes } = JSON.parse(folder.read(file).toString()) as {
        nodes: { callFrame: { url: string; functionName: string; lineNumber: number; columnNumber: number } }[];
      };
      const lines = readFileSync(`${folder.path}/app.cjs`, 'utf8').split('\n');
      const frames = nodes.map(({ callFrame }) => callFrame).filter(({ url }) => url.endsWith('app.cjs'));
      const places = frames.filter(({ lineNumber, columnNumber }) => lineNumber > 0 || columnNumber > 0);
      assert.ok(places.length > 25, `${places.length}`);
      for (const { lineNumber, columnNumber, functionName } of places) {
        const line = lines[lineNumber] ?? '';
        const { fits } = functionHeadAt(line, columnNumber);
        assert.ok(fits, `${functionName} at ${line.slice(0, columnNumber)}¦${line.slice(columnNumber)}`);
      }
    });
  }

  it('has its first parameter and its name, where it has any', () => {
    const at = (marked: string) => {
      const column = marked.indexOf('¦');
      const line = marked.replace('¦', '');
      const { parameter, name } = functionHeadAt(line, column);
      return [parameter === -1 ? '' : line.slice(parameter), name === -1 ? '' : line.slice(name, column)];
    };
    assert.deepEqual(at('function p¦(a,b){}'), ['a,b){}', 'p']);
    assert.deepEqual(at('function p¦(){}'), ['', 'p']);
    assert.deepEqual(at('v=¦o=>1'), ['o=>1', 'v=']);
    assert.deepEqual(at('v=¦async o=>1'), ['o=>1', 'v=']);
    assert.deepEqual(at('v=¦async(o)=>1'), ['o)=>1', 'v=']);
    assert.deepEqual(at('v=function¦({a}){}'), ['{a}){}', 'v=function']);
    assert.deepEqual(at('list.map(¦x=>x)'), ['x=>x)', '']);
    assert.deepEqual(at('class A{#p¦(a){}}'), ['a){}}', '#p']);
  });

  it('looks like none in most places of another text', () => {
    const text = 'export function area(options: Options): number { return options.width * options.height; }';
    const fitting = [...text].filter((_, column) => functionHeadAt(text, column).fits).length;
    assert.ok(fitting < text.length * 0.15, `${fitting} of ${text.length}`);
  });
});
