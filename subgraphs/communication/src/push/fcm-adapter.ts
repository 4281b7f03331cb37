import { z } from 'zod';
import { createFcmAccessToken, type ServiceAccount } from './fcm-access-token.ts';
import { type PushAdapter, type PushOutcome, pushData, retryAfterMs } from './push-adapter.ts';
import type { PushJob } from './push-job-repository.ts';

const errorSchema = z.object({
  error: z.object({ details: z.array(z.object({ errorCode: z.string().optional() })).default([]) }),
});

/** Firebase Cloud Messaging, HTTP v1. `url` is the service's origin. */
export function createFcmAdapter({ account, url }: { account: ServiceAccount; url: string }): PushAdapter {
  const accessToken = createFcmAccessToken(account);
  const endpoint = new URL(`/v1/projects/${encodeURIComponent(account.project_id)}/messages:send`, url);
  return {
    platform: 'FCM',
    async send(job, signal) {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: { authorization: `Bearer ${await accessToken.get()}`, 'content-type': 'application/json' },
        body: JSON.stringify({ message: message(job) }),
        signal,
      });
      const text = await response.text();
      if (response.status === 401) accessToken.forget();
      return outcomeOf(response, text);
    },
    stop: () => accessToken.forget(),
  };
}

/** Data only: the app asks Nova what it is about, and says it in its user's words. */
function message(job: PushJob): object {
  const collapseKey = job.notificationId;
  return {
    token: job.token,
    data: pushData(job),
    android: { priority: job.kind === 'LIKE' ? 'normal' : 'high', collapse_key: collapseKey },
  };
}

function outcomeOf(response: Response, text: string): PushOutcome {
  if (response.ok) return { kind: 'sent' };
  const reason = errorCodeOf(text) ?? `status ${response.status}`;
  if (reason === 'UNREGISTERED' || reason === 'SENDER_ID_MISMATCH') return { kind: 'gone' };
  if (response.status === 400) return { kind: 'rejected', reason };
  const waits = retryAfterMs(response.headers.get('retry-after'));
  return { kind: 'later', reason, ...(waits === undefined ? {} : { retryAfterMs: waits }) };
}

function errorCodeOf(text: string): string | undefined {
  try {
    const { error } = errorSchema.parse(JSON.parse(text));
    return error.details.find(({ errorCode }) => errorCode !== undefined)?.errorCode;
  } catch {
    return undefined;
  }
}
