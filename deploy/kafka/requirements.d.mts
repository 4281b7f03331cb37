export const pomFile: string;
export function requireJava(): string;
export function requireMaven(): string;
export function kafkaJarsDir(): string;
export function requireKafkaPrograms(): void;
