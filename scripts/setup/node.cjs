// A Node.js of the supported line: the running one, or the pinned one, which npm packages carry as a file.
"use strict";

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { npmCi, sameStamp, writeStamp } = require("./packages.cjs");
const { plainError, say } = require("./talk.cjs");

/** package.json#engines: ^22.18 || >=24. */
function runningIsSupported() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return major >= 24 || (major === 22 && minor >= 18);
}

/** The path of the pinned Node.js; installs it into `folder` when missing or stale. */
function findNode(folder) {
  const lock = JSON.parse(fs.readFileSync(path.join(folder, "package-lock.json"), "utf8"));
  const platform = process.platform === "win32" ? "win" : process.platform;
  const place = `node_modules/node-${platform}-${process.arch}`;
  const pinned = lock.packages[place];
  if (!pinned) throw tooOld(`there is no pinned one for ${process.platform} on ${process.arch}`);
  const node = path.join(folder, place, pinned.bin.node);
  if (sameStamp(folder) && fs.existsSync(node)) return node;
  say(`installing Node.js ${pinned.version} (this is ${process.versions.node})`);
  npmCi(folder, process.execPath);
  if (!runs(node)) throw tooOld(`the pinned one does not run on this machine`);
  writeStamp(folder);
  return node;
}

function runs(node) {
  try {
    execFileSync(node, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function tooOld(reason) {
  return plainError(
    `Gantry needs Node.js ^22.18 or >=24, this is ${process.versions.node}, and ${reason}. Please install Node.js 24.`,
  );
}

module.exports = { findNode, runningIsSupported };
