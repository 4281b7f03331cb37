const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, grey: 90 };

/** Whether standard output wants colour: a terminal does, unless NO_COLOR is set; FORCE_COLOR decides either way. */
function wantsColour() {
  const { env } = process;
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return Boolean(process.stdout.isTTY) && env.TERM !== 'dumb';
}

/** Text in one of the colours, or as it is where colour is not wanted. */
export function colour(name, text) {
  return wantsColour() ? `\u001b[${codes[name]}m${text}\u001b[0m` : text;
}
