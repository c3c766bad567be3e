import { holds } from './holds.js';

holds('allocations');
