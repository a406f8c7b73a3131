/**
 * Who may import whom. Each table below is a law of its own: rooms, npm packages, node: modules; then cycles and dead ends.
 * A room or package that no row names may import, or be imported by, nothing: a new one needs a row.
 */
"use strict";

const ours = "^(core|workers|plugins|config|bin|scripts|test)/";
const contract = "^core/contract/";
const composition = "^core/([^/]+\\.ts$|shell/)";
// Files directly in core/ that are rooms of one file, not part of the composition.
const singleFiles = "^core/(hooks|registry|version)\\.ts$|^core/taps/";

/** [room, its files, what of ours they may import]. Rows overlap on nothing, and together cover the four source folders. */
const rooms = [
  ["contract", contract, [contract]],
  ["hooks and registry", "^core/(hooks|registry)\\.ts$|^core/taps/", [contract, "^core/(hooks|registry)\\.ts$|^core/taps/"]],
  ["version", "^core/version\\.ts$", []],
  ["patterns", "^core/permission/patterns/", [contract, "^core/permission/patterns/"]],
  ["shell lines", "^core/permission/shell/", [contract, "^core/permission/(shell|patterns)/"]],
  ["files of permission", "^core/permission/files/", [contract, "^core/permission/(files|patterns)/"]],
  ["rules", "^core/permission/rules/", [contract, "^core/permission/(rules|shell|patterns)/"]],
  ["scopes", "^core/permission/scopes/", [contract, "^core/permission/"]],
  ["permission", "^core/permission/[^/]+\\.ts$", [contract, "^core/permission/"]],
  ["session", "^core/session/", [contract, "^core/session/", "^core/permission/", singleFiles]],
  [
    "turn",
    "^core/turn/",
    [contract, "^core/turn/", "^core/session/", "^core/permission/", "^core/dist-folder\\.ts$", singleFiles],
  ],
  ["community plugins", "^core/community/", ["^core/", "^workers/", "^config/"]],
  ["MCP servers", "^core/mcp/", ["^core/", "^workers/", "^config/"]],
  ["config hooks", "^core/config-hooks/", [contract, "^core/config-hooks/", "^core/permission/"]],
  ["testing", "^core/testing/[^/]+\\.ts$", [contract, "^core/testing/"]],
  ["plugins in tests", "^core/testing/plugin/", ["^core/", "^workers/", "^config/"]],
  [
    "plugin kit",
    "^core/plugin-kit/",
    [contract, "^core/plugin-kit/", "^core/dist-folder\\.ts$", "^workers/(reaper|descendants)\\.ts$"],
  ],
  [
    "plugin store",
    "^core/plugin-store/",
    [
      contract,
      "^core/plugin-store/",
      "^core/permission/",
      "^core/session/(disk|lock|process-start)\\.ts$",
      "^config/paths\\.ts$",
    ],
  ],
  ["install", "^core/install/", [contract, "^core/install/", "^core/permission/scopes/", "^core/dist-folder\\.ts$"]],
  ["built-ins' places in the core", "^core/builtins\\.ts$", [contract, "^plugins/[^/]+/index\\.ts$"]],
  ["composition", composition, ["^core/", "^workers/", "^config/"], `${singleFiles}|^core/builtins\\.ts$`],
  ["built-ins' places in a thread", "^workers/inside/builtin-tools\\.ts$", ["^workers/inside/", "^plugins/[^/]+/index\\.ts$"]],
  [
    "inside a thread",
    "^workers/inside/",
    [
      contract,
      "^workers/inside/",
      "^workers/(context-direct|context-brokered|call-messages|core-port|frame-text|frame-parts|file-effects|packed-bytes)\\.ts$",
      "^core/permission/(grants|files/confined-path)\\.ts$",
      "^workers/effects/",
    ],
    "^workers/inside/builtin-tools\\.ts$",
  ],
  [
    "workers",
    "^workers/",
    [contract, "^workers/", "^core/permission/(grants|host-scopes|files/confined-path|patterns/path-pattern)\\.ts$"],
    "^workers/inside/",
  ],
  ["config", "^config/", [contract, "^config/"]],
];

/** What tests of a room may import besides the public modules, test/support and fixtures: the room that they mirror. */
const testRooms = [
  ["turn", ["^core/turn/", "^core/session/", "^core/hooks\\.ts$", "^core/registry\\.ts$"]],
  ["session", ["^core/session/"]],
  ["permission", ["^core/permission/"]],
  ["plugin-store", ["^core/plugin-store/", "^core/permission/", "^core/shell/plugin-plan\\.ts$"]],
  ["config-hooks", ["^core/config-hooks/", "^core/permission/", "^core/hooks\\.ts$", "^workers/"]],
  ["workers", ["^workers/", "^core/permission/(grants|files/confined-path)\\.ts$", "^plugins/[^/]+/index\\.ts$"]],
  ["install", ["^core/install/", "^workers/"]],
  ["mcp", ["^core/", "^workers/", "^config/", "^plugins/mcp/"]],
  ["config", ["^config/"]],
  ["shell", ["^core/", "^config/defaults\\.ts$"]],
  ["kit", ["^core/plugin-kit/"]],
  [
    "plugins",
    [
      "^plugins/",
      "^config/",
      "^workers/(effects/|pool|processes)",
      "^core/(session|permission|plugin-store|shell|taps)/",
      "^scripts/build/",
    ],
  ],
  ["faults", ["^core/session/", "^core/plugin-store/", "^core/config-hooks/", "^workers/", "^scripts/build/bundles\\.ts$"]],
  // The demo is run from a bundle of the test's own making.
  ["scenarios", ["^scripts/build/bundles\\.ts$"]],
  // Laws of pure files, wherever they are.
  ["properties", ["^core/(?!shell/(?!line-ends|markdown)|runtime)", "^workers/", "^config/"]],
  ["parity", ["^plugins/parity/", "^scripts/(build|docs)/"]],
  ["import", ["^plugins/import/", "^config/", "^core/permission/"]],
  ["architecture", ["^scripts/", "^core/contract/", "^core/hooks\\.ts$", "^config/schema\\.ts$"]],
  ["bench", ["^core/", "^workers/", "^config/"]],
];

/** [package, the files that may import it]. One room per package: to change a dependency is to change one file. */
const packages = [
  [
    "zod",
    `${contract}|^core/install/manifest-shape\\.ts$|^core/turn/schema-inputs\\.ts$|^core/testing/script-format\\.ts$|^config/(schema|mcp-schema|json-schema|check)\\.ts$|^plugins/|^workers/inside/`,
  ],
  ["tapable", "^core/hooks\\.ts$"],
  ["piscina", "^workers/(pool|thread-call|thread-effect|inside/guest-process)\\.ts$"],
  ["ses", "^workers/inside/realm/lockdown\\.ts$"],
  ["cosmiconfig", "^config/read-files\\.ts$"],
  ["jsonc-parser", "^config/|^core/testing/|^core/install/manifest-file\\.ts$|^plugins/import/"],
  ["yaml", "^config/|^plugins/parity/|^plugins/import/opencode/"],
  ["smol-toml", "^plugins/import/"],
  ["unbash", "^core/permission/shell/"],
  ["@anthropic-ai/sandbox-runtime", "^workers/sandbox-host\\.ts$"],
  ["ignore", "^core/permission/patterns/path-pattern\\.ts$|^workers/effects/ignore-files\\.ts$"],
  ["tinyglobby", "^workers/effects/fs-list-javascript\\.ts$"],
  ["@vscode/ripgrep", "^workers/effects/ripgrep\\.ts$|^core/shell/doctor\\.ts$"],
  ["@oclif/core", "^core/shell/"],
  ["marked", "^core/shell/"],
  ["esbuild", "^core/install/bundler/"],
  ["ajv", "^plugins/mcp/thread/output-check\\.ts$"],
  ["@modelcontextprotocol/sdk", "^plugins/mcp/(thread|auth|serve)/"],
  ["@napi-rs/keyring", "^plugins/mcp/auth/"],
  ["@pydantic/genai-prices", "^core/turn/cost\\.ts$"],
  ["@anthropic-ai/sdk", "^plugins/anthropic/"],
  ["diff", "^plugins/files/"],
];

/** [node: module, the files that may import it]. Modules without effects on the world are not listed. */
const nodeModules = [
  [
    "fs",
    [
      "^workers/effects/",
      "^workers/guests/(launch|supply|os-boundary|os-trial|elf|process-usage)\\.ts$",
      "^workers/(processes|shells|shell-run|background-runs|output-file|descendants|reaper|hook-stdin|hook-env-file|sandbox-\\w+)\\.ts$",
      "^core/session/disk\\.ts$",
      "^core/plugin-store/",
      "^core/community/(locks|linked)\\.ts$",
      "^core/install/",
      "^core/permission/files/(confined-path|git-settings)\\.ts$",
      "^core/turn/instructions\\.ts$",
      "^core/(plugin-kit|testing/plugin)/",
      "^core/config-hooks/declared/launch\\.ts$",
      "^core/shell/",
      "^core/(manifests|index)\\.ts$",
      "^config/",
      "^plugins/(demo|scripted|sessions|hooks|parity|import)/",
      "^plugins/mcp/(auth|serve)/",
      "^plugins/mcp/thread/find-command\\.ts$",
    ],
  ],
  [
    "child_process",
    [
      "^workers/[^/]+\\.ts$",
      "^workers/guests/(launch|os-trial)\\.ts$",
      "^workers/effects/",
      "^core/plugin-kit/test\\.ts$",
      "^plugins/(demo|parity)/",
      "^plugins/mcp/thread/",
    ],
  ],
  [
    "(http|https)",
    [
      "^core/testing/",
      "^plugins/anthropic/",
      "^plugins/mcp/(thread|auth|serve)/",
      "^workers/(hook-http|effects/net-\\w+)\\.ts$",
    ],
  ],
  [
    "(net|tls|dgram|dns)",
    ["^core/testing/", "^workers/(reaper|sandbox-trial|guests/os-trial|effects/(net-hop|address-rules))\\.ts$"],
  ],
  ["worker_threads", ["^workers/", "^plugins/mcp/thread/", "^core/permission/files/confined-path\\.ts$"]],
  // A clock for expressions that others wrote.
  [
    "vm",
    [
      "^plugins/parity/scenario/expression\\.ts$",
      "^core/testing/expectation\\.ts$",
      "^plugins/process/line-filter\\.ts$",
      "^core/install/bundler/whole\\.ts$",
    ],
  ],
  [
    "module",
    [
      "^core/turn/input-checks\\.ts$",
      "^core/install/(bundler-process|bundler/(sources|findings))\\.ts$",
      "^core/plugin-kit/author-modules\\.ts$",
      "^workers/sandbox-host\\.ts$",
    ],
  ],
];

/** node: modules that a built-in may import at all, effects or not. */
const pluginNodeModules = [
  ["anthropic", "^(http|https|stream|buffer|timers/promises)$"],
  ["demo", "^(fs/promises|child_process|os|path|util|events)$"],
  ["scripted", "^(fs/promises|path|timers/promises)$"],
  ["sessions", "^(fs/promises|path)$"],
  ["hooks", "^(fs/promises|path)$"],
  // It plays scenarios: clean folders, and the built command as a child.
  ["parity", "^(fs/promises|fs|path|os|url|child_process|util|crypto|timers/promises|events|vm|zlib)$"],
  ["import", "^(fs/promises|path|os|util)$"],
  [
    "mcp",
    "^(fs/promises|fs|path|crypto|util|timers/promises|child_process|worker_threads|http|https|net|url|stream|events|buffer|string_decoder|os|async_hooks)$",
  ],
  // A pattern of the model's is run with a bound on its time.
  ["process", "^vm$"],
  ["[^/]+", "^(path|crypto|util|timers/promises)$"],
];

const sources = "^(core|workers|plugins|config)/";
const npmTypes = ["npm", "npm-dev", "npm-optional", "npm-peer", "npm-bundled", "npm-no-pkg", "npm-unknown"];
const inPackage = (name) => `(^|/)node_modules/${name}/`;
const withoutPrefix = (name) => `^(node:)?${name}(/promises)?$`;

function roomRules() {
  return rooms.map(([name, files, allowed, except]) => ({
    name: `room: ${name}`,
    severity: "error",
    from: { path: files, ...(except ? { pathNot: except } : {}) },
    to: { path: ours, ...(allowed.length > 0 ? { pathNot: allowed.join("|") } : {}) },
  }));
}

function testRules() {
  const shared = "^core/(index|contract/(plugin|errors|events)|testing/index)\\.ts$|^test/";
  const known = testRooms.map(([name]) => name).join("|");
  return [
    ...testRooms.map(([name, allowed]) => ({
      name: `room: test/${name}`,
      severity: "error",
      from: { path: `^test/${name}/` },
      to: { path: ours, pathNot: [shared, contract, ...allowed].join("|") },
    })),
    {
      name: "room: unknown test folder",
      severity: "error",
      from: { path: "^test/", pathNot: `^test/(${known}|support|fixtures)/` },
      to: { path: sources },
    },
  ];
}

function pluginRules() {
  return [
    {
      name: "plugin: only itself and gantry/*",
      severity: "error",
      from: { path: "^plugins/([^/]+)/" },
      to: {
        path: ours,
        pathNot:
          "^plugins/$1/|^core/(contract/(plugin|errors|events|mcp|mcp-frames|messages|nearest|inventory|surface)|testing/index)\\.ts$",
      },
    },
    {
      name: "plugin: the core by its public name",
      severity: "error",
      from: { path: "^plugins/" },
      // plugins/mcp speaks to the core by the types of its thread's frames, which are no author's business; its thread runs from
      // the sources too, where the public names are not there yet.
      to: {
        path: "^core/",
        pathNot: "^core/contract/(mcp|mcp-frames|messages|nearest|inventory|surface)\\.ts$",
        dependencyTypesNot: ["aliased-tsconfig-paths", "aliased-tsconfig", "aliased"],
      },
    },
    {
      name: "plugin: gantry/testing is for scripted, demo and parity",
      severity: "error",
      from: { path: "^plugins/", pathNot: "^plugins/(scripted|demo|parity)/" },
      to: { path: "^core/testing/" },
    },
    ...pluginNodeModules.map(([plugin, allowed], i) => ({
      name: `node: in plugins/${plugin}`,
      severity: "error",
      from: {
        path: `^plugins/${plugin}/`,
        ...(plugin === "[^/]+"
          ? {
              pathNot: `^plugins/(${pluginNodeModules
                .slice(0, i)
                .map(([name]) => name)
                .join("|")})/`,
            }
          : {}),
      },
      to: { dependencyTypes: ["core"], pathNot: allowed.replace("^(", "^(node:)?(") },
    })),
  ];
}

function packageRules() {
  return [
    ...packages.map(([name, importers]) => ({
      name: `package: ${name}`,
      severity: "error",
      from: { path: sources, pathNot: importers },
      to: { path: inPackage(name) },
    })),
    {
      name: "package: unlisted",
      severity: "error",
      from: { path: sources },
      to: { dependencyTypes: npmTypes, pathNot: packages.map(([name]) => inPackage(name)).join("|") },
    },
  ];
}

function nodeRules() {
  return [
    ...nodeModules.map(([name, importers]) => ({
      name: `node: ${name}`,
      severity: "error",
      from: { path: sources, ...(importers.length > 0 ? { pathNot: importers.join("|") } : {}) },
      to: { dependencyTypes: ["core"], path: withoutPrefix(name) },
    })),
    { name: "node: in contract", severity: "error", from: { path: contract }, to: { dependencyTypes: ["core"] } },
  ];
}

module.exports = {
  forbidden: [
    ...roomRules(),
    ...testRules(),
    ...pluginRules(),
    ...packageRules(),
    ...nodeRules(),
    {
      name: "no cycles",
      severity: "error",
      from: { path: sources },
      // Types may know each other: a cycle of types is gone when the program runs.
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "nothing imports tests or scripts",
      severity: "error",
      from: { path: sources },
      to: { path: "^(test|scripts|bin)/" },
    },
    { name: "everything resolves", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^dist/|^test/fixtures/|^core/plugin-kit/starter/" },
    // A link to node_modules stays a link: paths in this file are as they are written.
    preserveSymlinks: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      mainFields: ["module", "main"],
    },
  },
};
