import { AppError } from '@nova/errors';
import { type ASTNode, GraphQLError, type ValidationRule } from 'graphql';

/** As deep as variables may nest; deeper values take the planner long. */
const maxValueDepth = 32;

/** Refuses lists and objects in the text of a document that nest too deeply. A scalar of Nova's own would take any. */
export const shallowValues: ValidationRule = (context) => {
  let levels = 0;
  const enter = (node: ASTNode): false | undefined => {
    if (levels < maxValueDepth) {
      levels += 1;
      return undefined;
    }
    const error = new AppError('BAD_USER_INPUT', `A value nests deeper than ${maxValueDepth} levels.`, {
      details: { limit: maxValueDepth },
    });
    context.reportError(new GraphQLError(error.message, { nodes: node, originalError: error }));
    return false;
  };
  const leave = () => {
    levels -= 1;
  };
  return { ListValue: { enter, leave }, ObjectValue: { enter, leave } };
};
