export type NotedProcess = { readonly name: string; readonly pid: number };

/** Tells start.mjs which processes run, so that they can be ended should this one be killed. */
export class ProcessTable {
  readonly #processes = new Set<NotedProcess>();

  /** Returns what to call when the process has ended. */
  add(process: NotedProcess): () => void {
    this.#processes.add(process);
    this.#tell();
    return () => {
      this.#processes.delete(process);
      this.#tell();
    };
  }

  #tell(): void {
    if (process.connected) process.send?.({ processes: [...this.#processes] });
  }
}
