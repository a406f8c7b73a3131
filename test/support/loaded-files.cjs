// Preloaded into the command: when it ends, the files that its main thread has loaded are written to $LOADED_FILES.
const { appendFileSync } = require("node:fs");
const { isMainThread } = require("node:worker_threads");

const { LOADED_FILES } = process.env;
if (isMainThread && LOADED_FILES && process.argv[1]?.endsWith("gantry.cjs"))
  process.on("exit", () => appendFileSync(LOADED_FILES, `${Object.keys(require.cache).join("\n")}\n`));
