import { specifyTerminating } from './terminating.js';

specifyTerminating(25, 3);
