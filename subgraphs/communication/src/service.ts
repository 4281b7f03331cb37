import { StopStack } from '@nova/runtime';
import { type RunningService, type ServiceOverrides, startService } from '@nova/subgraph';
import type { Config } from './config.ts';
import { createConsumers } from './consumers/index.ts';
import { createConversationCommands, lockParticipation } from './conversations/conversation-commands.ts';
import { updateActivity } from './conversations/conversation-repository.ts';
import type { Tables } from './db/tables.ts';
import type { Deps } from './deps.ts';
import { erasedAmong, requirePresent, requirePresentAlone } from './erasures/erasure-commands.ts';
import { type Context, createContext } from './graphql/context.ts';
import { resolvers } from './graphql/resolvers/index.ts';
import { createPeople } from './grpc/clients.ts';
import { communicationService } from './grpc/communication-service.ts';
import { createMessageCommands } from './messages/message-commands.ts';
import { createNotificationCommands } from './notifications/notification-commands.ts';
import { startNotificationRetention } from './notifications/notification-retention.ts';
import { createNotifier } from './notifications/notifier.ts';
import { createPrekeyCommands } from './prekeys/prekey-commands.ts';
import { createPushAdapters } from './push/push-adapters.ts';
import { createPushDeviceCommands } from './push/push-device-commands.ts';
import { observePushQueue } from './push/push-metrics.ts';
import { createPushQueue } from './push/push-queue.ts';
import { startPushWorker } from './push/push-worker.ts';

/** Starts communication: conversations, messages, prekeys and notifications. */
export function createCommunicationService(config: Config, overrides: ServiceOverrides = {}): Promise<RunningService> {
  return startService<Tables, Context>({
    name: 'communication',
    config,
    overrides,
    build({ db, log, metrics, stack }) {
      const people = createPeople({ identity: config.identityAddress, social: config.socialAddress });
      stack.add('clients of identity and social', people.stop);
      observePushQueue(metrics, db);
      const adapters = createPushAdapters(config.push);
      for (const { platform, stop } of adapters) stack.add(`${platform} adapter`, stop);
      const enqueuePushes = createPushQueue(adapters.map(({ platform }) => platform));
      const notifier = createNotifier({ erasedAmong, enqueuePushes });
      const deps: Deps = {
        db,
        people,
        conversations: createConversationCommands({ db, requirePresent }),
        messages: createMessageCommands({ db, lockParticipation, updateActivity }),
        prekeys: createPrekeyCommands({ db, requirePresentAlone }),
        notifications: createNotificationCommands({ db, notifier, requirePresent }),
        pushDevices: createPushDeviceCommands({ db, requirePresentAlone }),
      };
      return {
        graphql: { resolvers, createContext: (request) => createContext(request, deps) },
        grpc: [communicationService(deps)],
        consumers: createConsumers(notifier),
        // Beside the consumers, whose events most notifications and pushes come from.
        background() {
          const work = new StopStack();
          const days = config.notificationRetentionDays;
          work.add('notification retention', startNotificationRetention({ db, days, log }).stop);
          if (adapters.length > 0) work.add('push worker', startPushWorker({ db, adapters, log, metrics }).stop);
          return { stop: () => work.stop() };
        },
      };
    },
  });
}
