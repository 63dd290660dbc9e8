export { MigrationChangedError, MigrationError, MigrationLockedError, MigrationPendingError } from './errors.ts';
export { type MigrateOptions, type MigratePorts, type MigrateReport, migrate, printMigrations } from './migrate.ts';
export { checksumOf, type Migration } from './migration.ts';
