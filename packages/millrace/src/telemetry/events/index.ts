export { type AnyListener, EventHub, type Listener, type ListenerFailure } from './events.ts';
