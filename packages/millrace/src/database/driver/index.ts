export { PgDriver } from './pg/driver.ts';
export {
  type Answer,
  type Connection,
  type Driver,
  type Field,
  isServerError,
  type Notification,
  type ReplicationConnection,
  type ServerError,
  type Statement,
  type TransactionStatus,
  type TypeParsers,
} from './port.ts';
export { addressOf, isLocal, parseTarget, type Target, type TlsMode } from './target.ts';
