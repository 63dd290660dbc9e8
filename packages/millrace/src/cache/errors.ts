import { type ErrorCatalogue, MillraceError } from '../kernel/index.ts';

/** A key, or a part of one, that cannot be used. */
export class CacheKeyError extends MillraceError {
  override readonly name = 'CacheKeyError';
  readonly code = 'MILLRACE_CACHE_KEY';
  readonly lengthChars: number;
  constructor(what: string, lengthChars: number, options?: ErrorOptions) {
    super(what, options);
    this.lengthChars = lengthChars;
  }
}

/** A loader gave rows that nobody asked for, or the same one twice: what they would be stored under is not what they were loaded by. */
export class LoaderKeysError extends MillraceError {
  override readonly name = 'LoaderKeysError';
  readonly code = 'MILLRACE_LOADER_KEYS';
  readonly entity: string;
  readonly asked: number;
  constructor(entity: string, problem: string, asked: readonly string[], options?: ErrorOptions) {
    const shown = asked.length > 5 ? `${asked.slice(0, 5).join(', ')} and ${asked.length - 5} more` : asked.join(', ');
    super(`The loader of "${entity}" returned ${problem} (asked: ${shown})`, options);
    this.entity = entity;
    this.asked = asked.length;
  }
}

/** Another process loads this for everybody, and has just failed: nobody tries again for a second. */
export class SharedLoadError extends MillraceError {
  override readonly name = 'SharedLoadError';
  readonly code = 'MILLRACE_LOAD_FAILED';
  override readonly retryable = true;
  readonly entity: string;
  readonly restMs: number;
  constructor(entity: string, reason: string, restMs: number, options?: ErrorOptions) {
    super(`The load of "${entity}" failed less than ${restMs} ms ago: ${reason}`, options);
    this.entity = entity;
    this.restMs = restMs;
  }
}

/** A value is not as sure as its reader demands, or a confidence is no number from 0 to 1. */
export class ConfidenceError extends MillraceError {
  override readonly name = 'ConfidenceError';
  readonly code = 'MILLRACE_CONFIDENCE';
  /** What was found; NaN where there is none. */
  readonly confidence: number;
  constructor(what: string, confidence: number, options?: ErrorOptions) {
    super(what, options);
    this.confidence = confidence;
  }
}

/** A second entity of the same name. */
export class EntityNameError extends MillraceError {
  override readonly name = 'EntityNameError';
  readonly code = 'MILLRACE_ENTITY_NAME';
  readonly entity: string;
  constructor(entity: string, problem: string, options?: ErrorOptions) {
    super(`The entity name ${JSON.stringify(entity)} ${problem}`, options);
    this.entity = entity;
  }
}

export const cacheErrors: ErrorCatalogue = {
  MILLRACE_CACHE_KEY: {
    title: 'A cache key cannot be used',
    why: 'It is empty, longer than 1,024 characters, not a finite number, or made of something that has no canonical text.',
    do: 'Key by an id, not by a value; hash long parameters (`externalApiKey` does).',
    retryable: false,
    status: 500,
  },
  MILLRACE_LOADER_KEYS: {
    title: 'A loader returned other rows than it was asked for',
    why: 'The option `key` gives, for a returned row, an id that was not in the list, or the same id twice; or the answer was no list of rows.',
    do: 'Make `key` give the id you load by, and let the query return each id at most once.',
    retryable: false,
    status: 500,
  },
  MILLRACE_CONFIDENCE: {
    title: 'A value is not sure enough',
    why: 'The reader demanded a higher `minConfidence` than the newest load brought; or a `confidence` was no number from 0 to 1.',
    do: 'Ask for less, show what there is with its confidence (`getEntry`), or wait until more of the sources answer.',
    retryable: false,
    status: 503,
  },
  MILLRACE_LOAD_FAILED: {
    title: 'A load failed a moment ago',
    why: 'One process loads a key for all that share a tier, and its loader failed. For a second the failure is the answer for everybody, so that a burst of callers makes one attempt.',
    do: 'See `cache.load.failed` of the process that tried. `staleIfError` gives an older row meanwhile; `singleFlight: process` lets each process try.',
    retryable: true,
    status: 503,
  },
  MILLRACE_ENTITY_NAME: {
    title: 'An entity name is taken or cannot be used',
    why: 'Names are the first part of every key and a label of every figure, so each is declared once, in letters, digits, dots, dashes and underscores.',
    do: 'Declare each entity once, where the cache is made, and hand the handle on.',
    retryable: false,
    status: 500,
  },
};
