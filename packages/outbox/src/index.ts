export { type AnyTransaction, append, type EventOrigin } from './append.ts';
