/** The entry of dist/cli.cjs: runs main on this process, and ends it with main's code. */

import { errorText } from "./envelope.ts";
import { main } from "./main.ts";
import { createStyle, describeTerminal } from "./style.ts";

/** Nothing of ours should get here. Said in the form of every other error; the stack only with GANTRY_DEBUG. */
function lastResort(error: unknown): void {
  process.stderr.write(errorText(error, createStyle(describeTerminal(process.stderr, process.env).color), process.env));
  process.exit(1);
}

process.on("unhandledRejection", lastResort);
process.on("uncaughtException", lastResort);

const { env, stdout, stderr } = process;
const streams = {
  env,
  stdout,
  stderr,
  stdinFd: 0,
  get stdin() {
    return process.stdin;
  },
};
main(process.argv.slice(2), streams).then((code) => process.exit(code), lastResort);
