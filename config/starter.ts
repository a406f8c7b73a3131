/** The file that `gantry init` writes: sound as it stands, and nothing in it needs trust. */

export const starterName = "gantry.config.jsonc";

export const starterText = `// Gantry config of this project: data only, comments allowed. All keys: gantry config schema.
// Who works here shares this file. What only you want goes into your own: gantry config path.
{
  // "model": "anthropic/claude-sonnet-5",

  "permissions": {
    // plan | dontAsk | default | acceptEdits | bypassPermissions; a looser one than default needs each user's trust.
    // "mode": "default",

    // Rules are Tool or Tool(specifier). A deny rule beats everything; an ask rule asks in every mode.
    // Allow rules work once the user has run gantry trust grant.
    // "allow": ["Bash(npm test:*)"],
    "ask": ["Bash(git push:*)"],
    "deny": ["Read(./.env)"]
  }

  // "limits": { "maxTurns": 200, "maxCostUsd": 5 }
}
`;
