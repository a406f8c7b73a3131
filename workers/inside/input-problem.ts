/** What is wrong with an input, in words; a file of its own so that it loads with the first problem. */
export { prettifyError } from "zod/v4/core";
