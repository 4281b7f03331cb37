/** Measures twice a second until stopped. */
export function sample(measure: () => number): { stop(): number[] } {
  const measured = [measure()];
  const timer = setInterval(() => measured.push(measure()), 500);
  return {
    stop() {
      clearInterval(timer);
      return measured;
    },
  };
}
