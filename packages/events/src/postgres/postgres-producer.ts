import { type DirectSessionOptions, openDirectSession } from '@nova/postgres';
import pg from 'pg';
import { type OutgoingRecord, type Producer, PublishError } from '../event-log.ts';
import { partitionOfKey } from '../partition-of-key.ts';

/** As much as Kafka takes by default: key, value and headers together. */
const maxRecordBytes = 1_048_576;
/** Bounds of one statement; a longer send is several. */
const maxChunkRecords = 2_000;
const maxChunkBytes = 8 * maxRecordBytes;

type Placed = { readonly record: OutgoingRecord; readonly partition: number; readonly headers: string };

/** Appends through a session of its own. Rejects with a `PublishError`. */
export async function openPostgresProducer(options: DirectSessionOptions): Promise<Producer> {
  const session = await openDirectSession(options).catch((error) => {
    throw publishError(error);
  });
  const partitionsOf = new Map<string, number>();

  async function loadTopics(topics: ReadonlySet<string>): Promise<void> {
    const { rows } = await session.query<{ name: string; partitions: number }>(
      'select name, partitions from event_log.topics where name = any($1)',
      [[...topics]],
    );
    for (const { name, partitions } of rows) partitionsOf.set(name, partitions);
  }

  async function append(chunk: readonly Placed[]): Promise<void> {
    await session.query('select event_log.append($1, $2, $3, $4, $5)', [
      chunk.map(({ record }) => record.topic),
      chunk.map(({ partition }) => partition),
      chunk.map(({ record }) => record.key),
      chunk.map(({ record }) => Buffer.from(record.value.buffer, record.value.byteOffset, record.value.byteLength)),
      chunk.map(({ headers }) => headers),
    ]);
  }

  return {
    async send(records) {
      try {
        const unknown = new Set(records.map(({ topic }) => topic).filter((topic) => !partitionsOf.has(topic)));
        if (unknown.size > 0) await loadTopics(unknown);
        const placed = records.map((record) => place(record, partitionsOf));
        for (const chunk of chunksOf(placed)) await append(chunk);
      } catch (error) {
        const failure = publishError(error);
        if (failure.kind === 'unavailable') session.end();
        throw failure;
      }
    },
    async stop() {
      // Statements take turns: what was sent before comes first.
      await session.query('select').catch(() => undefined);
      session.end();
    },
  };
}

function place(record: OutgoingRecord, partitionsOf: ReadonlyMap<string, number>): Placed {
  const partitions = partitionsOf.get(record.topic);
  if (partitions === undefined) throw new PublishError('record', `There is no topic "${record.topic}".`);
  const headers = JSON.stringify(record.headers);
  const bytes = bytesOf({ record, headers });
  if (bytes > maxRecordBytes)
    throw new PublishError('record', `A record of ${bytes} bytes is over the limit of ${maxRecordBytes}.`);
  return { record, headers, partition: partitionOfKey(record.key, partitions) };
}

function bytesOf({ record, headers }: Pick<Placed, 'record' | 'headers'>): number {
  return record.value.byteLength + Buffer.byteLength(record.key) + Buffer.byteLength(headers);
}

function* chunksOf(placed: readonly Placed[]): Generator<Placed[]> {
  let chunk: Placed[] = [];
  let bytes = 0;
  for (const one of placed) {
    const more = bytesOf(one);
    if (chunk.length === maxChunkRecords || (chunk.length > 0 && bytes + more > maxChunkBytes)) {
      yield chunk;
      [chunk, bytes] = [[], 0];
    }
    chunk.push(one);
    bytes += more;
  }
  if (chunk.length > 0) yield chunk;
}

/** PostgreSQL's own refusals of a value (class 22, as of the character 0), a constraint (23) or a right (42501) are the record's. */
function publishError(error: unknown): PublishError {
  if (error instanceof PublishError) return error;
  const code = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
  const kind = code.startsWith('22') || code.startsWith('23') || code === '42501' ? 'record' : 'unavailable';
  const message = error instanceof Error ? error.message : String(error);
  return new PublishError(kind, message, { cause: error });
}
