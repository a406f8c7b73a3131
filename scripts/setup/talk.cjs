"use strict";

/** One line on stderr for each thing done. */
function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

/** An error whose message is all that the user needs: printed without a stack. */
function plainError(message) {
  return Object.assign(new Error(message), { isPlain: true });
}

module.exports = { plainError, say };
