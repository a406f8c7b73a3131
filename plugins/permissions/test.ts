import { defineCommand } from "gantry/plugin";
import { clean, counted, placeOf } from "./text.ts";

export const permissionsTest = defineCommand({
  id: "permissions test",
  summary: "Run permissions.tests of every layer; exit 1 when one fails",
  description: 'A test is {"call": "Bash(git push)", "expect": "ask"}: the verdict without flags, hooks and earlier answers.',
  examples: ["gantry permissions test", "gantry permissions test --json"],
  async run(_input, { host, warn }) {
    const results = await host.permissions.test();
    for (const problem of await host.permissions.warnings()) warn(clean(`${placeOf(problem)}${problem.message}`));
    const failed = results.filter(({ ok }) => !ok);
    const data = { passed: results.length - failed.length, failed: failed.length, results: results.map((one) => ({ ...one })) };
    if (results.length === 0) return { data, text: "The config has no permissions.tests." };
    const lines = results.flatMap(({ call, expect, got, reason, source, ok }) =>
      ok ? [`ok    ${call}: ${got}`] : [`FAIL  ${call}: expected ${expect}, got ${got}  ${source}`, `      ${reason}`],
    );
    if (failed.length === 0) return { data, text: clean([...lines, `${counted(results.length, "test")} passed.`].join("\n")) };
    const message = `${failed.length} of ${counted(results.length, "permission test")} failed.`;
    return { data, text: clean([...lines, message].join("\n")), error: { code: "PERMISSION_TEST_FAILED", message } };
  },
});
