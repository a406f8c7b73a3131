/** `gantry/testing`: a scripted model, in process or over HTTP, for tests of plugins and of programs that embed Gantry. */
export { type ModelRequestSeen, type ModelServer, type ModelServerOptions, startModelServer } from "./model-server.ts";
export type {
  CommandAnswer,
  Denial,
  HookAnswer,
  PerformedEffect,
  PluginUnderTest,
  StartPluginOptions,
  ToolAnswer,
} from "./plugin/plugin-under-test.ts";
export {
  createScript,
  fragmentsOf,
  type PlayedAnswer,
  type PlayedCall,
  type PlayedThinking,
  type ScriptPlayer,
  type ScriptRequest,
} from "./script.ts";
export { parseScript, type Script, type ScriptEntry } from "./script-format.ts";
export { startPlugin } from "./start-plugin.ts";
export type { WireBlock, WireRequest } from "./wire.ts";
