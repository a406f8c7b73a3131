import { defineCommand, type FlagSpec } from "gantry/plugin";
import { grantsText } from "./inspect.ts";
import { toJson } from "./text.ts";

const flags: FlagSpec[] = [
  { name: "grant", type: "string", multiple: true, value: "KIND=SCOPE", summary: "Let it do this too. Repeatable." },
  {
    name: "revoke",
    type: "string",
    multiple: true,
    value: "KIND[=SCOPE]",
    summary: "Take this away, or all of a kind. Repeatable; counts from the next request on, in sessions that run too.",
  },
];

export const grantsCommand = defineCommand({
  id: "plugins grants",
  summary: "Show what a plugin may do and when it last did; give more, or take away.",
  args: [{ name: "name", summary: "The plugin.", required: true }],
  flags,
  examples: [
    "gantry plugins grants notes",
    "gantry plugins grants notes --revoke net.fetch",
    "gantry plugins grants notes --revoke fs.read='./**' --grant fs.read='./notes/**'",
  ],
  async run({ args, flags: { grant, revoke } }, { host }) {
    const name = args["name"] ?? "";
    const change = { grant: listOf(grant), revoke: listOf(revoke) };
    const isChange = change.grant.length + change.revoke.length > 0;
    const facts = isChange ? await host.plugins.changeGrants(name, change) : await host.plugins.inspect(name);
    const { grants, words, uses } = facts;
    return { data: toJson({ name, scope: facts.scope, grants, words, uses }), text: grantsText(facts) };
  },
});

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
