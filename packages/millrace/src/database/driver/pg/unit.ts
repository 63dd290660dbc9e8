/**
 * One unit of the conversation: what is sent up to a Sync (or one plain Query), and what may come back until ReadyForQuery.
 *
 * The protocol leaves little room (PostgreSQL 18, section 55.2.3): ParseComplete, BindComplete, RowDescription or NoData, rows, CommandComplete,
 * ReadyForQuery, with an ErrorResponse allowed at any point, after which only ReadyForQuery may come. Whatever else arrives means that
 * server and client disagree about whose answer it is. `accept` says so by returning false, and the connection is destroyed before
 * anything is handed out: an answer is only given when its unit has ended.
 */
import type { Answer, ServerError, TypeParsers } from '../port.ts';
import { AnswerBuilder } from './answers.ts';
import type { CommandComplete, DataRow, ErrorResponse, Message, RowDescription } from './shape.ts';

export interface Unit {
  /** False when `message` has no place here. ReadyForQuery is not shown to a unit, it ends it. */
  accept(message: Message): boolean;
  /** Whether ReadyForQuery may come now. */
  readonly isComplete: boolean;
  readonly expected: string;
  readonly error: ServerError | undefined;
  /** Settles the caller; called once. */
  resolve(): void;
  reject(error: unknown): void;
}

export interface Settle {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export interface Part {
  readonly isParsed: boolean;
  readonly types: TypeParsers;
  readonly asArrays: boolean;
  /** Told when the server has parsed the statement. */
  readonly onParsed?: (() => void) | undefined;
  /** Told of the part's answer as soon as it is complete, before the unit has ended. */
  readonly onAnswer?: ((answer: Answer) => void) | undefined;
}

const stages = { close: 0, parse: 1, bind: 2, describe: 3, rows: 4 } as const;
type Stage = (typeof stages)[keyof typeof stages];
const expectations = ['CloseComplete', 'ParseComplete', 'BindComplete', 'RowDescription or NoData', 'DataRow or CommandComplete'];

/** Statements of the extended protocol up to one Sync. The answer is the last one's. */
export class ExtendedUnit implements Unit {
  error: ServerError | undefined = undefined;
  readonly #parts: readonly Part[];
  readonly #settle: Settle;
  #index = 0;
  #stage: Stage;
  #hasColumns = false;
  #builder: AnswerBuilder;
  #answer: Answer | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(parts: readonly Part[], closesName: boolean, settle: Settle) {
    this.#parts = parts;
    this.#settle = settle;
    this.#stage = closesName ? stages.close : stages.parse;
    this.#builder = this.#newBuilder();
    if (!closesName) this.#skipParse();
  }

  get isComplete(): boolean {
    return this.error !== undefined || this.#index === this.#parts.length;
  }

  get expected(): string {
    return this.isComplete ? 'ReadyForQuery' : (expectations[this.#stage] as string);
  }

  accept(message: Message): boolean {
    if (this.isComplete) return false;
    switch (message.name) {
      case 'error':
        this.error = message as ErrorResponse;
        return true;
      case 'dataRow':
        return this.#stage === stages.rows && this.#hasColumns && this.#builder.add(message as DataRow);
      case 'rowDescription':
        this.#builder.describe((message as RowDescription).fields);
        this.#hasColumns = true;
        return this.#advance(stages.describe, stages.rows);
      case 'noData':
        return this.#advance(stages.describe, stages.rows);
      case 'parseComplete':
        this.#parts[this.#index]?.onParsed?.();
        return this.#advance(stages.parse, stages.bind);
      case 'bindComplete':
        return this.#advance(stages.bind, stages.describe);
      case 'closeComplete':
        return this.#advance(stages.close, stages.parse) && this.#skipParse();
      case 'commandComplete':
        return this.#complete((message as CommandComplete).text);
      case 'emptyQuery':
        return this.#complete('');
      case 'copyOutResponse':
      case 'copyData':
      case 'copyDone':
        return this.#refuseCopy();
      default:
        return message.name === 'copyInResponse' && this.#refuseCopy();
    }
  }

  resolve(): void {
    if (this.#failure) this.#settle.reject(this.#failure.error);
    else this.#settle.resolve(this.#answer as Answer);
  }

  reject(error: unknown): void {
    this.#settle.reject(error);
  }

  #advance(from: Stage, to: Stage): boolean {
    if (this.#stage !== from) return false;
    this.#stage = to;
    return true;
  }

  #complete(tag: string): boolean {
    if (this.#stage !== stages.rows) return false;
    this.#answer = this.#builder.complete(tag);
    this.#failure ??= this.#builder.failure;
    this.#parts[this.#index]?.onAnswer?.(this.#answer);
    this.#index++;
    if (this.#index < this.#parts.length) {
      this.#stage = stages.parse;
      this.#hasColumns = false;
      this.#builder = this.#newBuilder();
      this.#skipParse();
    }
    return true;
  }

  #skipParse(): true {
    if (this.#parts[this.#index]?.isParsed) this.#stage = stages.bind;
    return true;
  }

  #newBuilder(): AnswerBuilder {
    const { types, asArrays } = this.#parts[this.#index] as Part;
    return new AnswerBuilder(types, asArrays);
  }

  #refuseCopy(): boolean {
    this.#failure ??= { error: new Error('COPY moves its data outside the answer; it is not carried here') };
    return this.#stage === stages.rows;
  }
}

/** One plain Query, which may hold several statements and so have several answers. */
export class PlainUnit implements Unit {
  error: ServerError | undefined = undefined;
  readonly #settle: Settle;
  readonly #types: TypeParsers;
  readonly #asArrays: boolean;
  readonly #answers: Answer[] = [];
  #builder: AnswerBuilder | undefined;
  #failure: { readonly error: unknown } | undefined;
  #hasEnded = false;

  constructor(types: TypeParsers, asArrays: boolean, settle: Settle) {
    this.#types = types;
    this.#asArrays = asArrays;
    this.#settle = settle;
  }

  get isComplete(): boolean {
    return this.error !== undefined || (this.#hasEnded && this.#builder === undefined);
  }

  get expected(): string {
    return this.isComplete ? 'ReadyForQuery' : 'RowDescription, DataRow or CommandComplete';
  }

  accept(message: Message): boolean {
    if (this.error) return false;
    switch (message.name) {
      case 'error':
        this.error = message as ErrorResponse;
        return true;
      case 'rowDescription':
        if (this.#builder) return false;
        this.#builder = new AnswerBuilder(this.#types, this.#asArrays);
        this.#builder.describe((message as RowDescription).fields);
        return true;
      case 'dataRow':
        return this.#builder?.add(message as DataRow) ?? false;
      case 'commandComplete':
        return this.#complete((message as CommandComplete).text);
      case 'emptyQuery':
        return this.#builder === undefined && this.#complete('');
      case 'copyInResponse':
      case 'copyOutResponse':
      case 'copyData':
      case 'copyDone':
        this.#failure ??= { error: new Error('COPY moves its data outside the answer; it is not carried here') };
        return true;
      default:
        return false;
    }
  }

  resolve(): void {
    if (this.#failure) this.#settle.reject(this.#failure.error);
    else this.#settle.resolve(this.#answers.length === 1 ? (this.#answers[0] as Answer) : { ...(this.#answers.at(-1) as Answer), series: this.#answers });
  }

  reject(error: unknown): void {
    this.#settle.reject(error);
  }

  #complete(tag: string): true {
    const builder = this.#builder ?? new AnswerBuilder(this.#types, this.#asArrays);
    this.#failure ??= builder.failure;
    this.#answers.push(builder.complete(tag));
    this.#builder = undefined;
    this.#hasEnded = true;
    return true;
  }
}
