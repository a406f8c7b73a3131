/** The keys of one `config.toml`: what of them is a mode, a rule, a server or a folder, and which are about Codex itself. */
import type { Json, JsonObject } from "gantry/plugin";
import { isObject, objectOf, own, textMapOf, textsOf } from "../fields.ts";
import { type At, addRule, type Finding, type Layer, notMapped, ruleFinding, valueFinding } from "../findings.ts";
import { type Table, valueAt } from "../table.ts";
import type { Bounds } from "./bounds.ts";
import { type Approval, modeFindings } from "./modes.ts";
import { serverFindings } from "./servers.ts";
import { type Locate, toldFindings } from "./told.ts";

interface Around {
  layer: Layer;
  home: string;
  /** What lower files say. */
  below: Approval;
  /** What managed files say, above all others. */
  top: Approval;
  bounds: Bounds;
}

type Key = readonly (string | number)[];

export function settingsFindings(table: Table, around: Around): { findings: Finding[]; approval: Approval } {
  const { layer, home, below, top, bounds } = around;
  const at = (...keys: Key): At => ({ source: `${table.path}:${table.lineOf(keys)}`, layer });
  const { data } = table;
  const profile = own(data, "profile");
  const start = typeof profile === "string" && isObject(valueAt(data, "profiles", profile)) ? ["profiles", profile] : [];
  const said = (key: string): { value: Json | undefined; path: string[] } => {
    const inner = valueAt(data, ...start, key);
    return inner !== undefined && start.length > 0
      ? { value: inner, path: [...start, key] }
      : { value: own(data, key), path: [key] };
  };
  const [policy, sandbox] = [said("approval_policy"), said("sandbox_mode")];
  const approval: Approval = { policy: policy.value ?? below.policy, sandbox: sandbox.value ?? below.sandbox };
  const counts: Approval = { policy: top.policy ?? approval.policy, sandbox: top.sandbox ?? approval.sandbox };
  const isSaid = policy.value !== undefined || sandbox.value !== undefined;
  const findings = [
    ...(isSaid ? modeFindings(counts, { at: at(...(policy.value === undefined ? sandbox.path : policy.path)), bounds }) : []),
    ...folderFindings(data, bounds.allows(counts.policy, counts.sandbox) ? counts : {}, at),
    ...permissionProfiles(data, at),
    ...searchFindings(data, at),
    ...Object.entries(objectOf(own(data, "mcp_servers"))).flatMap(([name, entry]) =>
      serverFindings(name, entry, { at: at("mcp_servers", name), bounds }),
    ),
    ...variableFindings(objectOf(own(data, "shell_environment_policy")), at),
    ...toldFindings(data, { at, home, profile }),
  ];
  return { findings, approval };
}

/** Folders that commands and edits may write in as if inside the workspace. */
function folderFindings(data: JsonObject, { sandbox }: Partial<Approval>, at: Locate): Finding[] {
  const roots = textsOf(valueAt(data, "sandbox_workspace_write", "writable_roots")) ?? [];
  const here = at("sandbox_workspace_write", "writable_roots");
  const network = valueAt(data, "sandbox_workspace_write", "network_access");
  const what = `writable_roots = ${JSON.stringify(roots)}`;
  const isUsed = sandbox === "workspace-write" && roots.every((root) => root.startsWith("/") && root !== "/");
  const folders: Finding[] = !isUsed
    ? [
        notMapped({
          ...here,
          kind: "permission",
          what,
          why: "Only whole paths of folders, with sandbox_mode workspace-write, are folders to work in",
        }),
      ]
    : [
        {
          kind: "permission",
          what,
          ...here,
          result: "exact",
          becomes: [{ key: "permissions.additionalDirectories", how: "add", value: roots }],
        },
      ];
  const why = "Gantry asks about each command, whether it reaches the network or not";
  return [
    ...(roots.length === 0 ? [] : folders),
    ...(network === undefined
      ? []
      : [
          notMapped({
            ...at("sandbox_workspace_write", "network_access"),
            kind: "permission",
            what: `network_access = ${JSON.stringify(network)}`,
            why,
          }),
        ]),
  ];
}

/** Named sets of paths; what one closes is closed, whichever set is chosen. */
function permissionProfiles(data: JsonObject, at: Locate): Finding[] {
  return Object.entries(objectOf(own(data, "permissions"))).flatMap(([name, set]) => {
    const paths = Object.entries(objectOf(valueAt(objectOf(set), "filesystem")));
    return paths.flatMap(([where, access]): Finding[] => {
      const here = at("permissions", name, "filesystem", where);
      const what = `permissions.${name}.filesystem ${where}: ${JSON.stringify(access)}`;
      if (access === "read" || access === "write")
        return [
          notMapped({
            ...here,
            kind: "permission",
            what,
            why: "Gantry asks about files outside the workspace, and about edits",
          }),
        ];
      if (
        (access === "none" || access === "deny") &&
        /^(?:~?\/)[\w./@ -]*\w$/.test(where) &&
        !/(?:^|\/)\.\.?(?:\/|$)/.test(where)
      ) {
        const rule = `Read(${where.startsWith("~") ? where : `/${where}`})`;
        const why =
          "Reads and edits are denied, for programs that are known to read or write too; other programs only where the sandbox confines them";
        return [ruleFinding({ ...here, behavior: "deny", what, rule, enclosing: "Read", result: "stricter", why })];
      }
      const why = "Gantry has no rule for such a place; reads, edits and commands are asked about";
      return [
        { kind: "permission", what, ...here, result: "stricter", becomes: [addRule("ask", "Read", "Edit", "Bash")], why },
      ];
    });
  });
}

function searchFindings(data: JsonObject, at: Locate): Finding[] {
  const [value, key] = [own(data, "web_search"), ["web_search"]];
  const [older, olderKey] = [valueAt(data, "tools", "web_search"), ["tools", "web_search"]];
  if (value !== "disabled" && older !== false) return [];
  const here = at(...(value === "disabled" ? key : olderKey));
  return [ruleFinding({ ...here, behavior: "deny", what: "web search", rule: "WebSearch" })];
}

function variableFindings(policy: JsonObject, at: Locate): Finding[] {
  const start = "shell_environment_policy";
  const set = textMapOf(own(policy, "set")) ?? {};
  const named = Object.entries(set).filter(([name]) => /^[A-Za-z_]\w*$/.test(name));
  const values = named.map(([name, value]): Finding => {
    const here = at(start, "set", name);
    const layer = here.layer === "project" ? "local" : here.layer;
    const moved =
      layer === here.layer ? {} : { why: "Values of variables are written into the local layer, not into a project file" };
    return valueFinding({ ...here, layer, kind: "env", what: `variable ${name}`, key: `env.${name}`, value, ...moved });
  });
  const others = Object.keys(policy).filter((key) => key !== "set");
  const why =
    "Gantry keeps variables that look like credentials, and those of providers, from programs; there is no other filter";
  return [
    ...values,
    ...others.map((key) =>
      notMapped({ ...at(start, key), kind: "env", what: `${start}.${key} = ${JSON.stringify(policy[key])}`, why }),
    ),
  ];
}
