import { holds } from './holds.js';

// Samples are drawn by chance, labels are not: work without its label is an error.
holds('labels');
