// Makes a fresh checkout ready, then runs COMMAND: node scripts/setup.cjs [COMMAND ARGS…]
// Order: a supported Node.js, the locked packages, the build. Runs on any old Node.js, without dependencies.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { findNode, runningIsSupported } = require("./setup/node.cjs");
const { installPackages, packagesAreStale } = require("./setup/packages.cjs");
const { buildDist, distIsStale } = require("./setup/dist.cjs");
const { runCommand } = require("./setup/command.cjs");
const { withLock } = require("./setup/lock.cjs");

const root = path.join(__dirname, "..");
const bin = path.join(root, "node_modules/.bin");

try {
  const node = setUp();
  const command = process.argv.slice(2);
  if (command.length > 0) runCommand(command, { node, path: [bin, path.dirname(node)] });
} catch (error) {
  if (!error.isPlain) throw error;
  process.stderr.write(`setup: ${error.message}\n`);
  process.exitCode = 1;
}

/** Returns the path of the Node.js to use. Asks first without the lock: mostly there is nothing to do. */
function setUp() {
  if (runningIsSupported() && !packagesAreStale(root) && !distIsStale(root)) return linked(process.execPath);
  return withLock(path.join(root, ".setup-lock"), () => {
    const node = runningIsSupported() ? process.execPath : findNode(path.join(root, "scripts/node"));
    if (packagesAreStale(root)) installPackages(root, node);
    linked(node);
    if (distIsStale(root)) buildDist(root, node);
    return node;
  });
}

/** Puts the pinned Node.js where npm scripts and npx look first. npm ci wipes the folder, so this comes after it. */
function linked(node) {
  if (!node.startsWith(path.join(root, "scripts/node") + path.sep)) return node;
  const link = path.join(bin, path.basename(node));
  try {
    if (fs.realpathSync(link) === node) return node;
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  fs.mkdirSync(bin, { recursive: true });
  fs.rmSync(link, { force: true });
  // Windows lets only administrators make symbolic links.
  if (process.platform === "win32") fs.linkSync(node, link);
  else fs.symlinkSync(path.relative(bin, node), link);
  return node;
}
