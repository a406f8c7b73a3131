import { definePlugin } from "gantry/plugin";
import { exportSession } from "./export.ts";
import { listSessions } from "./list.ts";
import { showSession } from "./show.ts";
import { verifySessions } from "./verify.ts";

export default definePlugin({
  name: "sessions",
  description: "Lists, shows, exports and verifies stored sessions.",
  permissions: { "host.sessions": true },
  commands: [listSessions, showSession, exportSession, verifySessions],
});
