import { holds } from './holds.js';

holds('compile');
holds('build');
