export function filesMatching(root: string, patterns: readonly string[]): string[];
export function fingerprint(root: string, files: readonly string[], facts?: readonly unknown[]): string;
