import { composeFromFiles } from '@nova/registry';

/** Run as a child for one composition: the composer's memory is given back when it ends. */
process.send?.(composeFromFiles(), () => process.disconnect());
