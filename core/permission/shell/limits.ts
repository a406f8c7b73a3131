/** How much of a line is looked at, and the words that are no commands. */

export const maxLength = 10_000;
export const maxWords = 500;

export const reserved: ReadonlySet<string> = new Set(
  "if then else elif fi for while until do done case esac in select function time coproc { } ! [[ ]]".split(" "),
);
