/** Preload: the file system has no hard links, as exFAT, some network mounts and Android have none. */
"use strict";
const fs = require("node:fs");

fs.link = (_from, _to, done) => {
  process.nextTick(done, Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM" }));
};
require("node:module").syncBuiltinESMExports();
