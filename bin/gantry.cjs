#!/usr/bin/env node
// The launcher. Old syntax on purpose: a Node.js that is too old must be able to read this file and say so.
// biome-ignore-all lint/style/useTemplate: as said above.
"use strict";

var versions = process.versions.node.split(".").map(Number);
if (versions[0] > 23 || (versions[0] === 22 && versions[1] > 17)) launch();
else
  refuse(
    "Gantry needs Node.js ^22.18 or >=24, and this is " + process.versions.node + ". Install a newer one: https://nodejs.org",
  );

function launch() {
  if (process.argv.length === 3 && process.argv[2] === "--version") return printVersion();
  enableCompileCache();
  try {
    require("../dist/cli.cjs");
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND" || String(error.message).indexOf("../dist/cli.cjs") < 0) throw error;
    refuse(
      "Gantry is not built: " + require("node:path").join(__dirname, "../dist/cli.cjs") + " is missing. Run: npm run build",
    );
  }
}

function printVersion() {
  var fs = require("node:fs");
  var text = fs.readFileSync(__dirname + "/../package.json", "utf8");
  try {
    // Not process.stdout: loading its streams is most of what this command would cost.
    fs.writeSync(1, JSON.parse(text).version + "\n");
  } catch (error) {
    if (error.code !== "EPIPE") throw error;
  }
}

/** Keeps compiled code between runs. Never fails: a folder that cannot be written only costs time. */
function enableCompileCache() {
  var folder = cacheFolder();
  if (folder) require("node:module").enableCompileCache(folder + "/compile");
}

// As config does: GANTRY_HOME holds everything, else the XDG folder; a relative one is ignored, as XDG says.
function cacheFolder() {
  var path = require("node:path");
  var env = process.env;
  if (env.GANTRY_HOME) return path.resolve(env.GANTRY_HOME, "cache");
  if (env.XDG_CACHE_HOME && path.isAbsolute(env.XDG_CACHE_HOME)) return path.join(env.XDG_CACHE_HOME, "gantry");
  return env.HOME && path.isAbsolute(env.HOME) ? path.join(env.HOME, ".cache/gantry") : undefined;
}

function refuse(sentence) {
  process.exitCode = 2;
  process.stderr.write("gantry: " + sentence + "\n");
}
