/** Prints how the heap grew, and how often it was collected meanwhile: with any collection, the growth says nothing. */
import { PerformanceObserver } from 'node:perf_hooks';
import { type Growth, measureGrowths } from './allocation-ways.js';

export type CountedGrowth = Growth & { collections: number };

const times: number[] = [];
new PerformanceObserver((list) => {
  for (const { startTime } of list.getEntries()) times.push(startTime);
}).observe({ entryTypes: ['gc'] });

const growths = await measureGrowths(() => process.memoryUsage().heapUsed);
const counted = growths.map((growth): CountedGrowth => {
  const collections = times.filter((time) => time > growth.start && time < growth.end).length;
  return { ...growth, collections };
});
console.log(JSON.stringify(counted));
