/** What the four subgraphs know: as many users, products and reviews, linked alike, as in the public benchmarks, with words of its own. */

const bodyLengths = [441, 290, 275, 145, 441, 290, 275, 145, 145, 145, 830];
const productOfReview = ['1', '1', '1', '1', '2', '2', '2', '2', '3', '4', '4'];
const words =
  'the seat is wide and the legs are firm so it stood well for years in a bright room by the sea while paint held and joints did not creak at all'.split(
    ' ',
  );

export const users = ['Ada Brook', 'Ben Castle', 'Cleo Dane', 'Dov Ember', 'Eva Frost', 'Finn Gale'].map(
  (name, index) => ({
    id: String(index + 1),
    name,
    username: name.toLowerCase().replace(' ', '_'),
    birthday: 631_152_000 + index * 86_400,
  }),
);

export const products = [
  ['Bench', 640, 90],
  ['Settee', 1_340, 900],
  ['Tumbler', 12, 25],
  ['Stool', 380, 85],
  ['Screen', 1_250, 700],
  ['Lantern', 5_800, 280],
  ['Stove', 4_100, 1_900],
  ['Larder', 88_000, 5_500],
  ['Divan', 9_200, 760],
].map(([name, price, weight], index) => ({ upc: String(index + 1), name, price, weight, inStock: index % 3 !== 1 }));

/** All are by the first user. */
export const reviews = bodyLengths.map((length, index) => ({
  id: String(index + 1),
  body: textOf(length, index),
  product: { upc: productOfReview[index] },
  author: { __typename: 'User', id: users[0].id, username: users[0].username },
}));

/** Every user is said to have written the same two, as in the public benchmarks. */
export const reviewsOfUser = () => reviews.slice(0, 2);

export const reviewsOfProduct = (upc) => reviews.filter(({ product }) => product.upc === upc);

function textOf(length, seed) {
  const text = [];
  for (let at = 0, size = 0; size <= length; at += 1) {
    const word = words[(seed * 7 + at * (3 + seed)) % words.length];
    text.push(word);
    size += word.length + 1;
  }
  return text
    .join(' ')
    .slice(0, length - 1)
    .concat('.');
}
