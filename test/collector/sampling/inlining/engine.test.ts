import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hidesInlinedFunctions } from '#profbuf/collector/sampling/inlining/engine.js';

it('Nodes before 25.9 hide what is inlined at the top of a stack', () => {
  for (const version of ['20.19.0', '22.23.3', '24.21.0', '25.8.1']) assert.ok(hidesInlinedFunctions(version), version);
  for (const version of ['25.9.0', '25.10.1', '26.0.0-nightly', '26.10.0']) assert.ok(!hidesInlinedFunctions(version));
});
