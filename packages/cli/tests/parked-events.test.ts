import { PublishError } from '@nova/events';
import { startRelay } from '@nova/outbox';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createOutbox, type TestOutbox } from '../../outbox/tests/_harness/outbox.ts';
import { runNova } from '../src/nova.ts';

let outbox: TestOutbox;
let isMended: boolean;
let stop: () => Promise<void>;

beforeEach(async () => {
  outbox = await createOutbox();
  isMended = false;
  const log = outbox.openLog();
  const relay = startRelay({
    directUrl: outbox.url,
    schema: outbox.schema,
    log: {
      ...log,
      async openProducer() {
        const producer = await log.openProducer();
        return {
          ...producer,
          async send(records) {
            if (!isMended && records.some(({ key }) => key.startsWith('bad')))
              throw new PublishError('record', 'It is not \u001b[31mtaken.');
            await producer.send(records);
          },
        };
      },
    },
    limits: { backoff: { firstMs: 1, maxMs: 2 } },
  });
  stop = relay.stop;
  await outbox.commit(['bad-1', 'bad-1', 'bad-2', 'good']);
  await expect.poll(async () => JSON.parse((await nova('parked --domain content --json')).text)).toHaveLength(2);
});
afterEach(async () => {
  await stop();
  await outbox.drop();
});

async function nova(line: string, env: NodeJS.ProcessEnv = {}) {
  const lines: string[] = [];
  const output = { log: (text: string) => lines.push(text), error: (text: string) => lines.push(text) };
  const args = ['outbox', ...line.split(' ')];
  const code = await runNova(args, output, { DATABASE_DIRECT_URL: outbox.url, USER: 'ada', ...env });
  return { code, text: lines.join('\n') };
}

const idOf = async (key: string): Promise<string> => {
  const parked: { key: string; eventId: string }[] = JSON.parse((await nova('parked --domain content --json')).text);
  return parked.find((one) => one.key === key)?.eventId ?? '';
};

test('what the log refused is listed with its cause, tried again when that is mended, and then nothing is parked', async () => {
  const { code, text } = await nova('parked --domain content');
  expect([code, text]).toEqual([0, expect.stringMatching(/content\.events +bad-1 +5 .*It is not/)]);
  expect(text).not.toContain('\u001b');
  isMended = true;
  expect(await nova(`retry ${await idOf('bad-2')} --domain content`)).toEqual({
    code: 0,
    text: '1 will be tried again.',
  });
  expect(await nova('retry --all --domain content')).toEqual({ code: 0, text: '1 will be tried again.' });
  await expect.poll(outbox.waiting).toBe(0);
  expect(await nova('parked --domain content')).toEqual({ code: 0, text: 'Nothing is parked.' });
});

test('one that is given up is kept with who decided; the next of its key is tried', async () => {
  const id = await idOf('bad-1');
  expect(await nova(`discard ${id} --domain content --by grace`)).toEqual({ code: 0, text: `${id} is given up.` });
  expect(await nova(`discard ${id} --domain content`)).toEqual({ code: 1, text: `${id} is not parked.` });
  const { rows } = await outbox.pool.query('select event_id, discarded_by from outbox_discarded_events');
  expect(rows).toEqual([{ event_id: id, discarded_by: 'grace' }]);
  await expect.poll(() => idOf('bad-1')).not.toBe('');
  expect(await idOf('bad-1')).not.toBe(id);
});

test.each(['retry --domain content', 'retry x --all --domain content', 'discard --domain content', 'parked'])(
  '"outbox %s" is not understood',
  async (line) => {
    expect((await nova(line)).code).toBe(2);
  },
);

test('the database of another domain is refused', async () => {
  const { code, text } = await nova('retry --all --domain user');
  expect([code, text]).toEqual([1, expect.stringContaining('whose schema is content, not user')]);
});
