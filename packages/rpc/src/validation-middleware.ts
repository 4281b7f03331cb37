import type { DescMessage, Message } from '@bufbuild/protobuf';
import { createValidator } from '@bufbuild/protovalidate';
import { AppError } from '@nova/errors';
import type { ServerMiddleware } from 'nice-grpc-common';

/** Checks unary requests against the protovalidate rules in their proto; violations come back by field. */
export function validationMiddleware(types: ReadonlyMap<string, DescMessage>): ServerMiddleware {
  const validator = createValidator();
  return async function* validate(call, context) {
    if (!call.requestStream) {
      const request = call.request as Message;
      const type = types.get(request.$typeName);
      if (type) {
        const result = validator.validate(type, request);
        if (result.kind === 'invalid') throw invalid(result.violations);
        if (result.kind === 'error') throw result.error;
      }
    }
    return yield* call.next(call.request, context);
  };
}

type Violation = {
  readonly message: string;
  readonly field: ReadonlyArray<{ readonly kind: string; readonly name?: string }>;
};

function invalid(violations: readonly Violation[]): AppError {
  const fields = violations.map(({ field, message }) => {
    const path = field.flatMap((element) => (element.name === undefined ? [] : [element.name])).join('.');
    return `${path}: ${message}`;
  });
  return new AppError('BAD_USER_INPUT', `The request breaks the rules of its fields: ${fields.join('; ')}`, {
    details: { fields },
  });
}
