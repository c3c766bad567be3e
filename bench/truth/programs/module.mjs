// A module's own code, before and after it waits: one function.
import { now, report, row } from './ledger.cjs';

const own = row({ functions: [''], file: 'module.mjs' });
const begin = now();
let sum = 0;
for (let i = 0; i < 3e8; i++) sum += Math.sqrt(i);
own.add(begin);
await null;
const again = now();
for (let i = 0; i < 3e8; i++) sum += Math.sqrt(i);
own.add(again);
if (sum > 0) report();
