import { definePlugin } from "gantry/plugin";
import { audit } from "./audit.ts";
import { bootstrap } from "./bootstrap.ts";
import { parityCoverage } from "./coverage.ts";
import { manifest } from "./manifest.ts";
import { route } from "./route.ts";
import { parityRun } from "./run.ts";
import { snapshot } from "./snapshot.ts";
import { summary } from "./summary.ts";
import { turnLoop } from "./turn-loop.ts";

export default definePlugin({
  name: "parity",
  description: "Describes what this build offers, compares it with others, and plays scenarios through it from outside.",
  permissions: { "host.surface": true, "host.run": true },
  commands: [manifest, summary, snapshot, audit, parityRun, parityCoverage, route, bootstrap, turnLoop],
});
