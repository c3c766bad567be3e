import { specifyStreaming } from './streaming.js';

specifyStreaming(100_000, 30);
