export function printLine(text: string): void;
export function withProgress<T>(
  text: { title: string; done: string },
  work: (detail: (text: string) => void) => Promise<T>,
): Promise<T>;
