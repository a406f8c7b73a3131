"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { fingerprint } = require("../fingerprint.cjs");
const { plainError } = require("./talk.cjs");

/** Whether dist/ is missing, or was built from other sources than these. */
function distIsStale(root) {
  try {
    return fs.readFileSync(path.join(root, "dist/.stamp"), "utf8") !== fingerprint(root);
  } catch (error) {
    if (error.code === "ENOENT") return true;
    throw error;
  }
}

/** Says itself what it built. */
function buildDist(root, node) {
  const { status } = spawnSync(node, [path.join(root, "scripts/build.ts")], { cwd: root, stdio: ["ignore", 2, "inherit"] });
  if (status !== 0) throw plainError("the build failed.");
}

module.exports = { buildDist, distIsStale };
