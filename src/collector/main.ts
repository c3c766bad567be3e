import { workerData } from 'node:worker_threads';
import { Collector } from './collector.js';
import type { CollectorData } from './messages.js';

// The whole program of the collector's thread.
new Collector(workerData as CollectorData).run();
