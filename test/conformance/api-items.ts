import type { Contract } from './item.js';

/** The conformance list of the HTTP API; grows with the api service. */
export const apiContract: Contract = {
  letter: 'A',
  heading: 'HTTP API',
  items: [],
};
