export { type AnyTransaction, append, type EventOrigin } from './append.ts';
export { type Relay, type RelayOptions, startRelay } from './relay/relay.ts';
export { defaultRelayLimits, type RelayLimits } from './relay/relay-limits.ts';
export {
  type KeyOfTopic,
  observeAll,
  type Published,
  type RelayObserver,
  type RelayStep,
} from './relay/relay-observer.ts';
