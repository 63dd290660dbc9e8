export { FaultProxy, type FaultProxyCounts, startFaultProxy } from './fault-proxy.ts';
