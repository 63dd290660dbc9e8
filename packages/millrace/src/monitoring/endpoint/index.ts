export { eventStream, json, text } from './answers.ts';
export { type Handler, type Route, type RouterOptions, router } from './router.ts';
export { performanceRoutes, type RouteParts } from './routes.ts';
