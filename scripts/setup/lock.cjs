// One set-up at a time in a checkout. The lock is a folder (mkdir is atomic) with the owner's process id in it.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { plainError, say } = require("./talk.cjs");

const waitMs = 10 * 60_000;
const pollMs = 100;
// Between mkdir and the writing of the owner's id: an owner that died there left nothing to ask about.
const unsignedMs = 10_000;

/** Runs `work` while holding the lock; waits for another holder, at most ten minutes. */
function withLock(lock, work) {
  acquire(lock);
  try {
    return work();
  } finally {
    fs.rmSync(lock, { recursive: true, force: true });
  }
}

function acquire(lock) {
  const giveUpAt = Date.now() + waitMs;
  for (let told = false; !tryLock(lock); told = true) {
    const owner = readOwner(lock);
    if (owner === undefined) continue;
    if (isGone(lock, owner)) {
      breakLock(lock, owner);
      continue;
    }
    if (Date.now() > giveUpAt)
      throw plainError(`another set-up (process ${owner}) holds ${lock}; remove it if that is not so.`);
    if (!told) say(`waiting for another set-up (process ${owner})`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pollMs);
  }
}

function tryLock(lock) {
  try {
    fs.mkdirSync(lock);
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
  fs.writeFileSync(path.join(lock, "owner"), String(process.pid));
  return true;
}

/** The owner's process id, "" while it has not signed, undefined when the lock is free again. */
function readOwner(lock) {
  try {
    return fs.readFileSync(path.join(lock, "owner"), "utf8");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return fs.existsSync(lock) ? "" : undefined;
  }
}

function isGone(lock, owner) {
  if (owner === "") return ageMs(lock) > unsignedMs;
  try {
    process.kill(Number(owner), 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

function ageMs(lock) {
  try {
    return Date.now() - fs.statSync(lock).mtimeMs;
  } catch (error) {
    if (error.code === "ENOENT") return 0;
    throw error;
  }
}

/** Takes a dead owner's lock away by rename, so that only one waiter does; gives it back if it had changed hands. */
function breakLock(lock, owner) {
  const taken = `${lock}-${process.pid}`;
  try {
    fs.renameSync(lock, taken);
    if (readOwner(taken) === owner) fs.rmSync(taken, { recursive: true, force: true });
    else fs.renameSync(taken, lock);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
}

module.exports = { withLock };
