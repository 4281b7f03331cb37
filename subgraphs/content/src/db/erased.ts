/** What stands in place of a text whose author was erased. The indexes of what is still to erase know it. */
export const erasedText = '[erased]';
