import { definePlugin } from "gantry/plugin";
import { explainHooks } from "./explain.ts";
import { listHooks } from "./list.ts";
import { testHooks } from "./test.ts";
import { traceHooks } from "./trace.ts";

export default definePlugin({
  name: "hooks",
  description: "Lists hooks, says which would run and why others would not, tries them, and shows what ran.",
  permissions: { "host.hooks": true },
  commands: [listHooks, explainHooks, testHooks, traceHooks],
});
