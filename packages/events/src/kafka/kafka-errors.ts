import { PublishError } from '../event-log.ts';

/** What a broker says about the records of a request, whoever sends them and however often. */
const recordErrors: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'POLICY_VIOLATION',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
]);

const leaderErrors: ReadonlySet<string> = new Set([
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'REPLICA_NOT_AVAILABLE',
  'OFFSET_NOT_AVAILABLE',
]);

const coordinatorErrors: ReadonlySet<string> = new Set([
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
]);

/** What a broker says to a member whose partitions are, or are about to be, another's. */
const lostErrors: ReadonlySet<string> = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
  'FENCED_INSTANCE_ID',
]);

/** The protocol's name of an error, which kafkajs may have wrapped several times. */
export function kafkaErrorType(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('type' in at && typeof at.type === 'string') return at.type;
  }
  return undefined;
}

/** Whether the broker asks for another try: it is starting, a leader moves, replicas are missing. */
export function isRetriable(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('type' in at && 'retriable' in at) return at.retriable === true;
  }
  return false;
}

export function isCoordinatorMissing(error: unknown): boolean {
  if (error instanceof Error && error.name === 'KafkaJSGroupCoordinatorNotFound') return true;
  return coordinatorErrors.has(kafkaErrorType(error) ?? '');
}

export function isLeaderMissing(error: unknown): boolean {
  return leaderErrors.has(kafkaErrorType(error) ?? '');
}

export function isPartitionLost(error: unknown): boolean {
  return lostErrors.has(kafkaErrorType(error) ?? '');
}

export function toPublishError(error: unknown): PublishError {
  if (error instanceof PublishError) return error;
  const type = kafkaErrorType(error);
  const message = error instanceof Error ? error.message : String(error);
  const text = type ? `${type}: ${message}` : message;
  if (type && recordErrors.has(type)) return new PublishError('record', `Kafka refuses it. ${text}`, { cause: error });
  return new PublishError('unavailable', `Kafka could not be reached. ${text}`, { cause: error });
}
