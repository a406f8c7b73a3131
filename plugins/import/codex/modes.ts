/**
 * `approval_policy` and `sandbox_mode` together say what runs unasked; in Gantry that is the mode. Only pairs whose yes is no
 * wider in Gantry become a mode that lets something go ahead. Source: developers.openai.com/codex/security, config-reference.
 */
import type { Json } from "gantry/plugin";
import { isObject } from "../fields.ts";
import { type At, type Finding, ruleFinding, valueFinding } from "../findings.ts";
import type { Bounds } from "./bounds.ts";

export interface Approval {
  /** As written; undefined where nothing is. */
  policy: Json | undefined;
  sandbox: Json | undefined;
}

type Policy = "untrusted" | "on-failure" | "on-request" | "never" | "all asked" | "some refused";

/** Undefined: neither word is known. `at` is the line of the word that this file has. */
export function modeFindings({ policy, sandbox }: Approval, { at, bounds }: { at: At; bounds: Bounds }): Finding[] {
  const what = [
    policy === undefined ? "" : `approval_policy = ${JSON.stringify(policy)}`,
    sandbox === undefined ? "" : `sandbox_mode = ${JSON.stringify(sandbox)}`,
  ]
    .filter((each) => each !== "")
    .join(", ");
  const mode = (value: string, why: string, result: "exact" | "stricter" = "stricter"): Finding =>
    valueFinding({ ...at, kind: "mode", what, key: "permissions.mode", value, result, why });
  const known = policyOf(policy);
  if (sandbox === "danger-full-access" && known !== "untrusted") {
    const why = "It lets everything run outside a sandbox; no import writes a mode that asks about nothing, and Gantry asks";
    return [{ kind: "mode", what, ...at, result: "stricter", why }];
  }
  if (known === "never" || known === "some refused")
    return [mode("dontAsk", "Nobody is asked: what no allow rule names is denied, where Codex ran it in its sandbox")];
  if (sandbox !== "workspace-write" || known === undefined || known === "untrusted") {
    const why = "Edits, and commands that do not only read, are asked about";
    return [mode("default", why, known === "untrusted" && sandbox !== "danger-full-access" ? "exact" : "stricter")];
  }
  if (!bounds.allows(policy, sandbox))
    return [mode("default", "requirements.toml does not surely allow the pair; edits and commands are asked about")];
  const edits = mode(
    "acceptEdits",
    "Edits in the workspace go ahead as there; each command is asked about, where Codex ran it in its sandbox",
  );
  const why = "Codex keeps them closed in folders that it writes in, and Gantry's table of guarded files does not name them";
  const guarded = ["Edit(./.codex/**)", "Edit(./.agents/**)"];
  return [
    edits,
    ...guarded.map((rule) =>
      ruleFinding({ ...at, behavior: "ask", what: rule, rule, enclosing: "Edit", result: "stricter", why }),
    ),
  ];
}

function policyOf(policy: Json | undefined): Policy | undefined {
  if (policy === "untrusted" || policy === "on-failure" || policy === "on-request" || policy === "never") return policy;
  if (policy === "unless-trusted") return "untrusted";
  if (!isObject(policy)) return undefined;
  const { granular } = policy;
  return isObject(granular) && Object.values(granular).every((value) => value === true) ? "all asked" : "some refused";
}
