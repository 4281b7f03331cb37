import { parse } from 'graphql';
import { products, reviews, reviewsOfProduct, reviewsOfUser, users } from './data.mjs';

const link = (...imports) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ${JSON.stringify(imports)})`;
const byId = (list, key) => {
  const known = new Map(list.map((entry) => [entry[key], entry]));
  return (id) => known.get(id);
};
const user = byId(users, 'id');
const product = byId(products, 'upc');
const review = byId(reviews, 'id');

/** Types and resolvers of the four, by name. */
export const subgraphs = {
  accounts: {
    typeDefs: parse(`${link('@key', '@shareable')}
      type Query { me: User user(id: ID!): User users: [User] }
      type User @key(fields: "id") { id: ID! name: String username: String @shareable birthday: Int }`),
    resolvers: {
      Query: { me: () => users[0], user: (_, { id }) => user(id), users: () => users },
      User: { __resolveReference: ({ id }) => user(id) },
    },
  },
  inventory: {
    typeDefs: parse(`${link('@key', '@external', '@requires')}
      type Product @key(fields: "upc") {
        upc: String!
        weight: Int @external
        price: Int @external
        inStock: Boolean
        shippingEstimate: Int @requires(fields: "price weight")
      }`),
    resolvers: {
      Product: {
        __resolveReference: (given) => ({ ...given, inStock: product(given.upc).inStock }),
        shippingEstimate: ({ price, weight }) => (price > 1_000 ? 0 : Math.floor(weight / 2)),
      },
    },
  },
  products: {
    typeDefs: parse(`${link('@key')}
      type Query { topProducts(first: Int = 5): [Product] }
      type Product @key(fields: "upc") { upc: String! weight: Int price: Int name: String }`),
    resolvers: {
      Query: { topProducts: (_, { first }) => products.slice(0, first) },
      Product: { __resolveReference: ({ upc }) => product(upc) },
    },
  },
  reviews: {
    typeDefs: parse(`${link('@key', '@external', '@provides')}
      type Review @key(fields: "id") { id: ID! body: String product: Product author: User @provides(fields: "username") }
      type User @key(fields: "id") { id: ID! username: String @external reviews: [Review] }
      type Product @key(fields: "upc") { upc: String! reviews: [Review] }`),
    resolvers: {
      Review: { __resolveReference: ({ id }) => review(id) },
      User: { reviews: reviewsOfUser },
      Product: { reviews: ({ upc }) => reviewsOfProduct(upc) },
    },
  },
};
