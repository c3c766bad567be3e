import { specifyStreaming } from './streaming.js';

specifyStreaming(6000, 5);
