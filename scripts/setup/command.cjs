"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const tty = require("node:tty");
const { plainError } = require("./talk.cjs");

/** Becomes `command` where the system can do that, else runs it and ends as it ends. `folders` come first on its PATH. */
function runCommand([name, ...args], { node, path: folders }) {
  const env = { ...process.env, PATH: [...folders, process.env.PATH || ""].join(path.delimiter) };
  const file = name === "node" ? node : findProgram(name, env.PATH);
  if (process.execve && process.platform !== "win32") {
    process.execve(file, [name, ...args], env);
  }
  passOn(spawn(file, args, { stdio: "inherit", env, shell: process.platform === "win32" && file.endsWith(".cmd") }));
}

function findProgram(name, searchPath) {
  if (name.includes("/")) return path.resolve(name);
  const endings = process.platform === "win32" ? [".cmd", ".exe"] : [""];
  for (const folder of searchPath.split(path.delimiter)) {
    for (const ending of endings) {
      const file = path.join(folder, name + ending);
      if (fs.existsSync(file)) return file;
    }
  }
  throw plainError(`the command ${name} was not found.`);
}

function passOn(child) {
  const isTerminal = [0, 1, 2].some((fd) => tty.isatty(fd));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    // On a terminal Ctrl-C reaches the child by itself; sent on, it would count twice.
    process.on(signal, () => (signal === "SIGINT" && isTerminal ? undefined : child.kill(signal)));
  }
  child.on("error", (error) => {
    process.stderr.write(`setup: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    if (signal === null) {
      process.exitCode = code;
      return;
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

module.exports = { runCommand };
