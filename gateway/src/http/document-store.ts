import type { ApolloServerOptions, BaseContext } from '@apollo/server';
import { documentBytes } from '@nova/federation';
import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

type DocumentStore = NonNullable<ApolloServerOptions<BaseContext>['documentStore']>;

/**
 * Documents that were parsed and found valid, by schema and hash of their text; those unused for longest go first. Apollo
 * Server's own store counts the JSON of a document, a quarter of what it takes, and not its text at all.
 */
export function createDocumentStore(maxBytes: number): DocumentStore & { clear(): void } {
  const documents = new LRUCache<string, DocumentNode>({ maxSize: maxBytes, sizeCalculation: documentBytes });
  return {
    get: async (key) => documents.get(key),
    async set(key, document) {
      documents.set(key, document);
    },
    delete: async (key) => documents.delete(key),
    clear: () => documents.clear(),
  };
}
