// The scripted model server in a process of its own, so that its work is not counted. Told of each script by message.
"use strict";
const { startModelServer } = require("../../dist/testing.cjs");

startModelServer({
  script: { steps: [] },
  keepRequests: 1,
  onRequest: () => process.send({ requestAt: performance.timeOrigin + performance.now() }),
}).then((server) => {
  process.on("message", (script) => {
    server.plays(script);
    process.send({ ready: server.url });
  });
  process.send({ ready: server.url });
});
process.on("disconnect", () => process.exit(0));
