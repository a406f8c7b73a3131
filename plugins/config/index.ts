import { definePlugin } from "gantry/plugin";
import { configExplain } from "./explain.ts";
import { configGet } from "./get.ts";
import { init } from "./init.ts";
import { configPath } from "./path.ts";
import { configSchema } from "./schema.ts";
import { configSet } from "./set.ts";
import { configShow } from "./show.ts";
import { configUnset } from "./unset.ts";
import { configValidate } from "./validate.ts";

export default definePlugin({
  name: "config",
  description: "Shows, explains, checks and changes the config, and writes a starter.",
  permissions: { "host.config": true },
  commands: [configShow, configGet, configSet, configUnset, configExplain, configValidate, configSchema, configPath, init],
});
