import { documentBytes } from '@nova/federation';
import type { OperationDefinitionNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import { type ResponseShape, responseShape, type ShapeInput, type TypedShape } from './response-shape.ts';

export type RememberedShapes = {
  /** Hands the shape of an operation's answer on, made now or earlier. */
  use<T>(input: ShapeInput, work: (shape: TypedShape) => T): T;
  clear(): void;
};

type Shapes = { readonly documentBytes: number; readonly byConditions: Map<string, ResponseShape> };

/** By measurement: 330 to 680. */
const bytesPerField = 600;
/** Of an operation's conditions; beyond that they are worked out again. */
const maxVariants = 64;

/** Shapes by operation and conditions, with the documents that they refer to; those unused for longest go first. */
export function createRememberedShapes(maxBytes: number): RememberedShapes {
  const remembered = new LRUCache<OperationDefinitionNode, Shapes>({ maxSize: maxBytes, sizeCalculation: bytesOf });
  return {
    use(input, work) {
      const { document, operation, conditions } = input;
      const shapes = remembered.get(operation) ?? {
        documentBytes: documentBytes(document),
        byConditions: new Map<string, ResponseShape>(),
      };
      const { byConditions } = shapes;
      const key = Object.values(conditions).map(Number).join('');
      const known = byConditions.get(key);
      const shape = known ?? responseShape(input);
      if (!known && byConditions.size >= maxVariants) byConditions.clear();
      byConditions.set(key, shape);
      const fields = known?.fields();
      const result = work(shape.root);
      // It grows with the types that occur. The cache weighs what it does not have yet.
      if (shape.fields() !== fields) {
        remembered.delete(operation);
        remembered.set(operation, shapes);
      }
      return result;
    },
    clear: () => remembered.clear(),
  };
}

function bytesOf({ documentBytes, byConditions }: Shapes): number {
  let bytes = documentBytes;
  for (const { fields } of byConditions.values()) bytes += fields() * bytesPerField;
  return bytes;
}
