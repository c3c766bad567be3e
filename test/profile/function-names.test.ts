import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FunctionNames } from '#profbuf/profile/function-names.js';

const at = (functionName: string, file: string, startLine: number, column: number, scriptId = '7') => ({
  functionName,
  file,
  scriptId,
  startLine,
  column,
});

describe('a function goes by', () => {
  it('its plain name, however often it is met, and wherever else there is one of that name', () => {
    const names = new FunctionNames();
    for (const file of ['/srv/feed.js', '/srv/item.js', '/srv/feed.js']) {
      for (const line of [3, 10]) {
        // Another thread, or another load of the same file, has another number of script.
        for (const script of ['7', '8']) {
          assert.deepEqual(names.nameOf(at('parse', file, line, 15, script)), { functionName: 'parse', file });
        }
      }
    }
  });

  it('its name and place, if it begins at the same line as one of that name that was met before', () => {
    const names = new FunctionNames();
    const nameAt = (column: number) => names.nameOf(at('e', '/srv/app.min.js', 1, column)).functionName;
    assert.deepEqual([100, 5021, 100, 5021].map(nameAt), ['e', 'e (app.min.js:1:5021)', 'e', 'e (app.min.js:1:5021)']);
  });

  it('its place alone, if it has no name', () => {
    const names = new FunctionNames();
    assert.equal(names.nameOf(at('', '/srv/feed.js', 3, 15)).functionName, '(anonymous feed.js:3:15)');
    assert.equal(names.nameOf(at('', '', 3, 15)).functionName, '(anonymous evaluated-7:3:15)');
  });

  it('the number of the string that it was evaluated from', () => {
    const names = new FunctionNames();
    const inScript = (script: string) => names.nameOf(at('render', '', 3, 23, script));
    assert.deepEqual(inScript('57'), { functionName: 'render', file: 'evaluated-57' });
    assert.deepEqual(inScript('58'), { functionName: 'render (evaluated-58:3:23)', file: 'evaluated-58' });
    assert.deepEqual(inScript('57'), { functionName: 'render', file: 'evaluated-57' });
    const inVm = (script: string) => names.nameOf(at('run', 'evalmachine.<anonymous>', 1, 5, script));
    assert.deepEqual(inVm('60'), { functionName: 'run', file: 'evalmachine.<anonymous>-60' });
    assert.deepEqual(inVm('61').functionName, 'run (evalmachine.<anonymous>-61:1:5)');
  });

  it('one name for all further strings, in a program that evaluates ever new ones', () => {
    const names = new FunctionNames();
    const met = new Set<string>();
    for (let script = 1; script <= 10_000; script++) {
      met.add(names.nameOf(at('render', '', 3, 23, String(script))).file);
    }
    assert.equal(met.size, 65);
    assert.deepEqual(names.nameOf(at('render', '', 3, 23, '10001')), { functionName: 'render', file: 'evaluated' });
    // Those of another place are none of them.
    assert.equal(names.nameOf(at('check', '', 3, 23, '10001')).file, 'evaluated-10001');
  });
});
