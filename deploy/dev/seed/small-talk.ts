/** What people say whatever the topic; `{name}` is the first name of the post's author. */
export const reactions = [
  'Love this.',
  'So good to read, {name}.',
  'This made my day.',
  'Same here!',
  'Ha, I know that feeling.',
  'Brilliant, {name}!',
  'I could not agree more.',
  'Well done, {name}.',
  'That sounds wonderful.',
  'I needed to hear that today.',
  'You are an inspiration, {name}.',
  'Thanks for sharing this, {name}.',
  'Oh, how lovely.',
  'Jealous, in the nicest way.',
  'This is exactly my kind of thing.',
  'I had to read that twice.',
  'Congratulations, {name}!',
  'Not what I expected, but I am here for it.',
  'Wonderful, {name}. Truly.',
  'I smiled at this on the bus.',
  'Say no more.',
  'You should write a book, {name}.',
  'Impressive!',
  'I felt that.',
] as const;

export const partings = [
  'Keep us posted!',
  'Tell me how it goes, {name}.',
  'More of this, please.',
  'Greetings from over here.',
  'See you around, {name}.',
  'Have a good week!',
  'Just my two cents.',
  'Looking forward to the next one.',
  'Worth a try, I think.',
  'Let me know if you need help.',
  'I am bookmarking this.',
  'Say hello to everyone.',
] as const;

/** What the author of a post says to a commenter, whose username is `{username}`. */
export const authorAnswers = [
  '@{username} Thank you, that means a lot.',
  '@{username} Ha, exactly.',
  '@{username} Good question. I will try and report back.',
  '@{username} You are right, I had not thought of that.',
  '@{username} Any time, just send me a message.',
  '@{username} I wish! Maybe next time.',
  '@{username} Come along next time, I mean it.',
  '@{username} It was easier than it sounds, honestly.',
  '@{username} I will post an update about it soon.',
  '@{username} You made me laugh out loud.',
  '@{username} Let us compare notes {when}.',
  '@{username} I do it {often}, and it is still fun.',
  '@{username} That is the plan. Wish me luck.',
  '@{username} I asked {company}, and the answer is yes.',
  'Thank you all, I did not expect so many answers.',
  'You are the best people on here.',
] as const;

/** What the author of a post adds before anybody has said anything. */
export const afterthoughts = [
  'One more thing: I would do it again tomorrow.',
  'Forgot to say: thanks to everyone who helped.',
  'Am I the only one?',
  'Curious what you all think.',
  'And no, I did not take a picture.',
  'Edit: fixed a typo.',
] as const;
