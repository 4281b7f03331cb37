import { eventLogContract } from './contract/event-log-contract.ts';
import { brokerOfFile } from './kafka-broker.ts';

const broker = brokerOfFile();

eventLogContract(async () => ({ kind: 'kafka', options: (await broker()).options() }), { runs: 25 });
