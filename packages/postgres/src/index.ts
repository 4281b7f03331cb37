export { type Database, openDatabase } from './database.ts';
export { type DirectSession, type DirectSessionOptions, openDirectSession } from './direct-session.ts';
export { databaseFailure, isUniqueViolation } from './errors.ts';
export { type Connection, cursorOf, type Edge, isUuid, type PageRequest, pageOf, pageRequest } from './keyset.ts';
export { type MigrationSet, migrate } from './migrate.ts';
export { joinParts, type PartOwnership, type Session } from './part-ownership.ts';
export { type DomainRole, eventLogMemberRole, eventLogSchema, provisionDatabase, roleName } from './provision.ts';
export { migrationSettings, runMigrations } from './run-migrations.ts';
export { addSoftDeletion, recreateActiveView } from './soft-deletion.ts';
