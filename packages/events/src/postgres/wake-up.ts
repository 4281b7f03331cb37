/** Lets a reader sleep without missing what came between its empty read and its sleep: `reset`, read, `wait`. */
export class WakeUp {
  #isDue = false;
  #resume: () => void = () => undefined;

  wake(): void {
    this.#isDue = true;
    this.#resume();
  }

  reset(): void {
    this.#isDue = false;
  }

  /** Resolves once `wake` was called since `reset`. */
  async wait(): Promise<void> {
    if (this.#isDue) return;
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
  }
}
