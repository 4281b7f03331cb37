import type { HttpApp } from '@nova/subgraph';

/** Where clients reach this process: as configured, or where it turns out to listen. */
export function createPublicUrl(configured: string | undefined): {
  get(): string;
  listenTo(app: HttpApp): void;
} {
  let listening: HttpApp | undefined;
  return {
    get() {
      const url = configured ?? listening?.listeningOrigin;
      if (url === undefined) throw new Error('This process serves no HTTP, and MEDIA_PUBLIC_URL is not set.');
      return url;
    },
    listenTo(app) {
      listening = app;
    },
  };
}
