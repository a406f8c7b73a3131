// The locked packages. A stamp in node_modules names the lock they were installed from.
"use strict";

const { spawnSync } = require("node:child_process");
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { plainError, say } = require("./talk.cjs");

const stampName = "node_modules/.gantry-stamp";

/** Whether node_modules is missing, or not what package-lock.json says. */
function packagesAreStale(root) {
  if (sameStamp(root)) return false;
  // Somebody may have run npm himself: then npm's own record of what it installed tells, and is stamped.
  if (!matchesLock(root)) return true;
  writeStamp(root);
  return false;
}

function installPackages(root, node) {
  say("installing packages");
  npmCi(root, node);
  if (!matchesLock(root)) throw plainError("npm ci left out packages that package-lock.json names; run it by hand to see why.");
  writeStamp(root);
}

/** npm ci, run on `node`, which may be newer than the machine's: npm on an old one skips packages without a word. */
function npmCi(folder, node) {
  const args = [
    findNpm(),
    "ci",
    "--prefix",
    folder,
    "--ignore-scripts",
    "--include=dev",
    "--include=optional",
    "--no-audit",
    "--no-fund",
  ];
  const { status, signal, error, stdout, stderr } = spawnSync(node, args, {
    cwd: folder,
    env: npmEnvironment(node),
    encoding: "utf8",
  });
  if (status === 0) return;
  throw plainError(
    `npm ci failed in ${folder} (${error ? error.message : signal || `exit ${status}`}):\n${stdout || ""}${stderr || ""}`,
  );
}

/** The environment without what an npm around us says about its own project, and with `node` first for npm's children. */
function npmEnvironment(node) {
  const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH || ""}` };
  for (const name of ["npm_config_local_prefix", "npm_config_prefix", "npm_config_global", "npm_config_dry_run"])
    delete env[name];
  return env;
}

/** npm-cli.js: of the npm that runs us, of the running Node.js, or of the npm on PATH. */
function findNpm() {
  const places = [
    process.env.npm_execpath || "",
    path.join(path.dirname(process.execPath), "../lib/node_modules/npm/bin/npm-cli.js"),
    path.join(path.dirname(process.execPath), "node_modules/npm/bin/npm-cli.js"),
  ];
  for (const folder of (process.env.PATH || "").split(path.delimiter)) {
    const npm = realPath(path.join(folder, "npm"));
    if (npm) places.push(npm, path.join(path.dirname(npm), "npm-cli.js"), path.join(folder, "node_modules/npm/bin/npm-cli.js"));
  }
  const found = places.find((place) => path.basename(place) === "npm-cli.js" && fs.existsSync(place));
  if (!found) throw plainError("npm was not found; it comes with Node.js. Put it on PATH and try again.");
  return found;
}

function realPath(file) {
  try {
    return fs.realpathSync(file);
  } catch {
    return undefined;
  }
}

/** Whether npm's record of node_modules agrees with the lock, package by package. */
function matchesLock(root) {
  const wanted = readPackages(path.join(root, "package-lock.json"));
  const installed = readPackages(path.join(root, "node_modules/.package-lock.json"));
  if (!wanted || !installed) return false;
  return Object.keys(wanted).every((place) => {
    if (place === "") return true;
    const { version, integrity } = installed[place] || {};
    if (version === undefined) return mayBeMissing(wanted[place]);
    return version === wanted[place].version && integrity === wanted[place].integrity;
  });
}

function mayBeMissing({ optional, devOptional, os, cpu, libc }) {
  if (!optional && !devOptional) return false;
  const isForUs = os?.includes(process.platform) && cpu?.includes(process.arch) && !libc;
  return !isForUs;
}

function readPackages(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")).packages;
  } catch (error) {
    if (error.code === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function sameStamp(folder) {
  try {
    return fs.readFileSync(path.join(folder, stampName), "utf8") === lockHash(folder);
  } catch (error) {
    if (error.code === "ENOENT") return false;
    throw error;
  }
}

function writeStamp(folder) {
  fs.writeFileSync(path.join(folder, stampName), lockHash(folder));
}

function lockHash(folder) {
  return crypto
    .createHash("sha256")
    .update(fs.readFileSync(path.join(folder, "package-lock.json")))
    .digest("hex");
}

module.exports = { findNpm, installPackages, npmCi, packagesAreStale, sameStamp, writeStamp };
