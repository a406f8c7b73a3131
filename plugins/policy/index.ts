import { definePlugin } from "gantry/plugin";
import { guardedEdits } from "./guarded-edits.ts";

export default definePlugin({
  name: "policy",
  description: "Asks before lockfiles, secrets and the repository's own files are edited.",
  taps: [guardedEdits],
});
