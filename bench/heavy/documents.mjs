/** The heavy query of the public benchmarks: the same fields nested alike. */
export const heavyDocument = documentOf();

/** Three fetches, one after another: products, reviews, accounts. */
export const threeFetches = {
  document: 'query ThreeFetches { topProducts { upc name price reviews { id body author { id name } } } }',
  waves: 3,
};

const productFields = ['inStock', 'name', 'price', 'shippingEstimate', 'weight'];
const userFields = ['username', 'name'];

/**
 * A document like the heavy one that no other number has: other fields, an alias of its own, a name of its own. A planner
 * that knows one of them has to plan the next all the same.
 */
export function coldDocument(number) {
  // Two bits choose fields of users and five those of products, in an order that changes both from one to the next.
  const bits = (number * 37) % 128;
  const chosen = (fields, from) => fields.filter((_, at) => (bits >> (from + at)) & 1);
  return documentOf({
    name: `Cold${number}`,
    user: ['id', ...chosen(userFields, 0)],
    product: ['upc', ...chosen(productFields, 2), `as${number}: upc`],
  });
}

function documentOf({ name = 'Heavy', user = ['id', 'username', 'name'], product } = {}) {
  const productSelection = product ?? ['inStock', 'name', 'price', 'shippingEstimate', 'upc', 'weight'];
  return `fragment User on User { ${user.join(' ')} }
fragment Review on Review { id body }
fragment Product on Product { ${productSelection.join(' ')} }
query ${name} {
  users {
    ...User
    reviews {
      ...Review
      product {
        ...Product
        reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } }
      }
    }
  }
  topProducts {
    ...Product
    reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } }
  }
}
`;
}
