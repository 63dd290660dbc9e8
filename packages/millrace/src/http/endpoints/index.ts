export { Pump } from './pump.ts';
export { endpointRequest, peerAddress } from './request.ts';
