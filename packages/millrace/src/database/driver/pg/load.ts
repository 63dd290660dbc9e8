import { DriverMissingError } from '../../errors.ts';
import type { PgModule } from './shape.ts';

let loaded: Promise<PgModule> | undefined;

/** `pg` when it is first needed, so that a door which never connects does not ask for it. */
export const loadPg = (): Promise<PgModule> => {
  loaded ??= import('pg').then(
    (found) => found.default as unknown as PgModule,
    (cause: unknown) => {
      loaded = undefined;
      throw new DriverMissingError({ cause });
    },
  );
  return loaded;
};
