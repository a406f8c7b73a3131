/**
 * Preload (`node --require`) that kills its process at one file-system call, as a power cut or kill -9 would. It wraps the
 * functions of `fs` and `fs.promises` that change something, counts those whose path matches, and at the wanted one sends
 * SIGKILL to itself.
 *
 *   KILL_PATH    regular expression a call's path must match (either path of a rename or link)
 *   KILL_AT      1-based number of the call; without it nothing is killed
 *   KILL_WHEN    before | half | after; `half` performs half of a write first, and is `before` for any other call
 *   KILL_REPORT  file that gets the calls that matched, one `name path` a line, when the process ends by itself
 *   KILL_TALLY   file that gets each such call as it is made; the calls of all threads are then counted together
 *
 * A worker thread loads it too and counts for itself; KILL_THREAD=main|worker restricts it to one kind.
 */
"use strict";
const fs = require("node:fs");
const threads = require("node:worker_threads");

const { getEnvironmentData, isMainThread, setEnvironmentData } = threads;

// A thread that is started with an environment of its own has neither these nor the preload: it gets both another way.
const settings = (isMainThread ? undefined : getEnvironmentData("kill-at-syscall")) ?? process.env;
const { KILL_PATH, KILL_AT, KILL_WHEN = "before", KILL_REPORT, KILL_TALLY, KILL_THREAD } = settings;
if (isMainThread)
  setEnvironmentData("kill-at-syscall", { KILL_PATH, KILL_AT, KILL_WHEN, KILL_REPORT, KILL_TALLY, KILL_THREAD });
if (isMainThread) {
  threads.Worker = class extends threads.Worker {
    constructor(file, options = {}) {
      super(file, options.env ? { ...options, execArgv: ["--require", __filename] } : options);
    }
  };
}
const isWanted = KILL_THREAD === undefined || KILL_THREAD === (isMainThread ? "main" : "worker");
if (KILL_PATH !== undefined && isWanted) install(new RegExp(KILL_PATH));

function install(pattern) {
  const real = { ...fs };
  const realPromises = { ...fs.promises };
  const pathOfFd = new Map();
  const calls = [];
  const killAt = Number(KILL_AT ?? 0);

  const die = () => {
    process.kill(process.pid, "SIGKILL");
    // The signal needs no answer, but this thread must not get further while it is on its way.
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  };

  let tallying = false;
  const tally = (line) => {
    tallying = true;
    real.appendFileSync(KILL_TALLY, line);
    const number = real.readFileSync(KILL_TALLY, "utf8").split("\n").length - 1;
    tallying = false;
    return number;
  };

  /** Counts a call; dies before it where asked. True when the process must die after it. */
  const count = (name, paths, half) => {
    const path = paths.find((candidate) => pattern.test(candidate));
    if (path === undefined || tallying) return false;
    calls.push(`${name} ${path}`);
    const number = KILL_TALLY ? tally(`${name} ${path}\n`) : calls.length;
    if (number !== killAt) return false;
    if (KILL_WHEN === "after") return true;
    if (KILL_WHEN === "half" && half) half();
    return die();
  };
  const text = (value) => (typeof value === "number" ? (pathOfFd.get(value) ?? "") : String(value));

  const halfOf = (name, args) => {
    if (name.startsWith("writev"))
      return () => real.writeSync(args[0], Buffer.concat(args[1]).subarray(0, Math.ceil(Buffer.concat(args[1]).length / 2)));
    if (!name.startsWith("write") || name.startsWith("writeFile")) return undefined;
    const [fd, data, offset, length, position] = args;
    return () => {
      if (typeof data === "string") return real.writeSync(fd, data.slice(0, Math.ceil(data.length / 2)));
      const start = typeof offset === "number" ? offset : 0;
      const size = typeof length === "number" ? length : data.length - start;
      return real.writeSync(fd, data, start, Math.ceil(size / 2), typeof position === "number" ? position : null);
    };
  };

  const twoPaths = new Set(["rename", "link", "symlink", "copyFile"]);
  const names = [
    "open",
    "close",
    "write",
    "writev",
    "writeFile",
    "appendFile",
    "fdatasync",
    "fsync",
    "ftruncate",
    "truncate",
    "rename",
    "link",
    "symlink",
    "unlink",
    "mkdir",
    "rm",
    "rmdir",
    "copyFile",
    "chmod",
    "fchmod",
    "mkdtemp",
  ];

  const wrapCallback = (name) => {
    fs[name] = (...args) => {
      const paths = (twoPaths.has(name) ? args.slice(0, 2) : args.slice(0, 1)).map(text);
      const dieAfter = count(name, paths, halfOf(name, args));
      const done = args.at(-1);
      if (typeof done !== "function") return real[name](...args);
      args[args.length - 1] = (error, ...values) => {
        if (dieAfter) die();
        if (name === "open" && !error) pathOfFd.set(values[0], paths[0]);
        done(error, ...values);
      };
      if (name === "close") pathOfFd.delete(args[0]);
      return real[name](...args);
    };
  };

  const wrapSync = (name) => {
    fs[`${name}Sync`] = (...args) => {
      const paths = (twoPaths.has(name) ? args.slice(0, 2) : args.slice(0, 1)).map(text);
      const dieAfter = count(`${name}Sync`, paths, halfOf(name, args));
      if (name === "close") pathOfFd.delete(args[0]);
      try {
        const value = real[`${name}Sync`](...args);
        if (name === "open") pathOfFd.set(value, paths[0]);
        return value;
      } finally {
        // Also after a call that failed: a look for a file that is not there.
        if (dieAfter) die();
      }
    };
  };

  const wrapHandle = (handle, path) => {
    for (const name of ["write", "writev", "writeFile", "appendFile", "sync", "datasync", "truncate", "chmod", "close"]) {
      const method = handle[name].bind(handle);
      handle[name] = async (...args) => {
        const dieAfter = count(
          `handle.${name}`,
          [path],
          name.startsWith("writeF") ? undefined : halfOf(name, [handle.fd, ...args]),
        );
        const value = await method(...args);
        if (dieAfter) die();
        return value;
      };
    }
    return handle;
  };

  const wrapPromise = (name) => {
    if (typeof realPromises[name] !== "function") return;
    fs.promises[name] = async (...args) => {
      const paths = (twoPaths.has(name) ? args.slice(0, 2) : args.slice(0, 1)).map(String);
      const dieAfter = count(`promises.${name}`, paths, undefined);
      const value = await realPromises[name](...args);
      if (dieAfter) die();
      return name === "open" ? wrapHandle(value, paths[0]) : value;
    };
  };

  for (const name of names) {
    wrapCallback(name);
    wrapSync(name);
    wrapPromise(name);
  }
  require("node:module").syncBuiltinESMExports();
  process.on("exit", () => {
    if (KILL_REPORT) real.writeFileSync(KILL_REPORT, calls.map((call) => `${call}\n`).join(""));
  });
}
