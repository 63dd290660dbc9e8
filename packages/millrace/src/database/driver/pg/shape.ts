/** The few things of `pg` 8.23 that are used here, declared structurally: the package's own types do not cover them. */
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Field, ServerError, TypeParsers } from '../port.ts';

/** A message of the server, as pg-protocol reads it. */
export interface Message {
  readonly name: string;
}
export interface RowDescription extends Message {
  readonly fields: Field[];
}
export interface DataRow extends Message {
  readonly fields: (string | null)[];
}
export interface CopyData extends Message {
  readonly chunk: Buffer;
}
export interface CommandComplete extends Message {
  readonly text: string;
}
export interface ReadyForQuery extends Message {
  readonly status: string;
}
export interface ParameterStatus extends Message {
  readonly parameterName: string;
  readonly parameterValue: string;
}
export interface NotificationResponse extends Message {
  readonly processId: number;
  readonly channel: string;
  readonly payload: string;
}
export type ErrorResponse = Message & ServerError;

/** pg's socket and framing: writes messages, emits each one it reads as `message`. */
export interface Wire extends EventEmitter {
  stream: Socket;
  connect(port: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
  query(text: string): void;
  parse(statement: { readonly text: string; readonly name: string | undefined }): void;
  bind(config: { readonly statement: string | undefined; readonly values: readonly unknown[] }): void;
  describe(what: { readonly type: 'P' | 'S'; readonly name: string }): void;
  execute(config: { readonly portal: string; readonly rows: number }): void;
  close(what: { readonly type: 'P' | 'S'; readonly name: string }): void;
  flush(): void;
  sync(): void;
  sendCopyFail(reason: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  end(): void;
}

export interface Login extends EventEmitter {
  readonly connection: Wire;
  readonly processID: number;
  readonly secretKey: number;
  connect(callback: (error: Error | null | undefined) => void): void;
}

export interface PgModule {
  readonly Client: new (config: object) => Login;
  readonly Connection: new (config: object) => Wire;
  readonly types: TypeParsers;
  readonly utils: { prepareValue(value: unknown): unknown };
}
