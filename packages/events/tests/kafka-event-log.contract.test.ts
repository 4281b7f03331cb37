import { eventLogContract } from './contract/event-log-contract.ts';
import { brokerOfFile } from './kafka-broker.ts';

const broker = brokerOfFile();

eventLogContract(async (context) => ({ kind: 'kafka', options: (await broker(context)).options() }), { runs: 25 });
