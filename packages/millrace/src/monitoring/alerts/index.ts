export { AlertBook, type AlertNews, figure } from './alerts.ts';
