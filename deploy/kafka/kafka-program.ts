import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What runs Kafka's own programs. */
export type KafkaProgram = { readonly java: string; readonly classPath: string };

/** Arguments of Java before the name of the class. */
export function javaArgs({ classPath }: KafkaProgram, heapMb: number): string[] {
  return [
    `-Xmx${heapMb}m`,
    // For heaps this small the others only cost threads and memory.
    '-XX:+UseSerialGC',
    '-XX:+ExitOnOutOfMemoryError',
    '-XX:-UsePerfData',
    '-Djava.awt.headless=true',
    `-Dlog4j2.configurationFile=${pathToFileURL(join(import.meta.dirname, 'log4j2.xml'))}`,
    '-cp',
    classPath,
  ];
}
