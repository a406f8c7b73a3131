// What dist/ was built from, as one hash over names, sizes and times: cheap enough to ask before every npm script.
"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const sources = [
  "core",
  "workers",
  "plugins",
  "config",
  "scripts/build",
  "scripts/build.ts",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
];

/** A hash that changes when any file that goes into dist/ is added, removed, or written. */
function fingerprint(root) {
  const hash = crypto.createHash("sha256");
  for (const source of sources) addEntry(hash, path.join(root, source), source);
  return hash.digest("hex");
}

function addEntry(hash, file, name) {
  let stat;
  try {
    stat = fs.statSync(file);
  } catch (error) {
    if (error.code === "ENOENT") return;
    throw error;
  }
  if (stat.isDirectory()) {
    for (const child of fs.readdirSync(file).sort()) {
      if (child !== "node_modules") addEntry(hash, path.join(file, child), `${name}/${child}`);
    }
  } else {
    hash.update(`${name}\0${stat.size}\0${stat.mtimeMs}\n`);
  }
}

module.exports = { fingerprint };
