/**
 * The `plugins` key: a name, or [name, settings]; a name that begins with a dot, a slash or `~/` is a folder. Merged by name over
 * the layers: of each setting the highest layer's word holds. Which of them are installed is not known here.
 */
import { isAbsolute, join, resolve } from "node:path";
import type { Json, JsonObject } from "../core/contract/messages.ts";
import { didYouMean } from "../core/contract/nearest.ts";
import { printable } from "../core/contract/printable.ts";
import { isObject, type KeyPath } from "./data.ts";
import type { Entry } from "./fragment.ts";
import type { PluginEntry } from "./loaded.ts";
import type { PluginSetting, PluginSettings } from "./schema.ts";

/** A plugin's own name, or a folder. */
export const pluginNamePattern = /^(?:[a-z0-9][a-z0-9-]{0,63}|(?:\.{1,2}|~)?\/[^\0]*|\.{1,2})$/;

export function isFolderName(name: string): boolean {
  return !/^[a-z0-9]/.test(name);
}

/** True only for a list that the schema accepts. */
export function arePluginSettings(value: Json): boolean {
  return Array.isArray(value) && value.every(isSetting);
}

function isSetting(value: Json): boolean {
  if (typeof value === "string") return isPluginName(value);
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [name, settings] = value;
  if (typeof name !== "string" || !isPluginName(name) || !isObject(settings)) return false;
  return Object.entries(settings).every(([key, said]) =>
    key === "options" ? isObject(said) : (key === "required" || key === "enabled") && typeof said === "boolean",
  );
}

const rightForm = 'The form is "plugins": ["gantry-plugin-notes", ["./tools/guard", {"options": {}, "required": true}]].';

interface PluginFault {
  path: KeyPath;
  message: string;
  hint: string;
}

/** What is wrong with the list, each with its path from the root of the file. */
export function pluginFaults(value: Json): PluginFault[] {
  const path = ["plugins"];
  if (!Array.isArray(value)) return [fault(path, `plugins is no list: it is ${shortJson(value)}`)];
  return value.flatMap((setting, at) => (isSetting(setting) ? [] : settingFaults([...path, at], setting)));
}

function settingFaults(path: KeyPath, setting: Json): PluginFault[] {
  const place = path.join(".");
  const [name, settings] = Array.isArray(setting) ? setting : [setting];
  if (typeof name !== "string") return [fault(path, `${place} is no plugin: it is ${shortJson(setting)}`)];
  if (!isPluginName(name)) {
    return [
      fault(path, `${place}: ${shortJson(name)} is neither a plugin's name (lower case, digits, -) nor a folder (./, /, ~/)`),
    ];
  }
  if (!isObject(settings) || (Array.isArray(setting) && setting.length > 2)) {
    return [fault(path, `${place}: ${shortJson(setting)} is not [name, settings] with an object of settings`)];
  }
  return Object.entries(settings).flatMap(([key, said]) => {
    const here = [...path, 1, key];
    if (key === "grants" || key === "permissions") {
      return [fault(here, `${place}.1.${key}: grants are never in a config; gantry plugins grants ${name} changes them`)];
    }
    if (!settingKeys.includes(key))
      return [fault(here, `${place}.1.${printable(key)} is no setting of a plugin.${didYouMean(key, settingKeys)}`)];
    if (key === "options")
      return isObject(said) ? [] : [fault(here, `${place}.1.options is no object: it is ${shortJson(said)}`)];
    return typeof said === "boolean"
      ? []
      : [fault(here, `${place}.1.${key} is neither true nor false: it is ${shortJson(said)}`)];
  });
}

const settingKeys: readonly string[] = ["options", "required", "enabled"];

function fault(path: KeyPath, message: string): PluginFault {
  return { path, message, hint: rightForm };
}

function shortJson(value: Json): string {
  const text = printable(JSON.stringify(value));
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function isPluginName(name: string): boolean {
  return name.length <= 4096 && pluginNamePattern.test(name);
}

/** Folders become absolute: the same one may be written in several layers. */
export function settingAt(value: Json, base: string, home: string): Json {
  if (typeof value === "string") return nameAt(value, base, home);
  if (!Array.isArray(value) || typeof value[0] !== "string") return value;
  return [nameAt(value[0], base, home), ...value.slice(1)];
}

function nameAt(name: string, base: string, home: string): string {
  if (!isFolderName(name)) return name;
  if (name.startsWith("~/")) return join(home, name.slice(2));
  return isAbsolute(name) ? resolve(name) : resolve(base, name);
}

/** One per name, in the order in which the names first came; lowest layer first. */
export function pluginEntriesOf(elements: readonly Entry[]): PluginEntry[] {
  const entries = new Map<string, PluginEntry>();
  for (const { key, value, from } of elements) {
    if (key !== "plugins") continue;
    const { name, settings } = read(value);
    const { options, required, enabled } = { required: false, enabled: true, options: {}, ...entries.get(name), ...settings };
    entries.set(name, { name, options, required, enabled, layer: from.layer, source: from.source });
  }
  return [...entries.values()];
}

/** As `config show` prints them. */
export function pluginSettingsOf(elements: readonly Entry[]): PluginSetting[] {
  return pluginEntriesOf(elements).map(({ name, options, required, enabled }) => {
    const settings: PluginSettings = {
      ...(Object.keys(options).length === 0 ? {} : { options }),
      ...(required ? { required } : {}),
      ...(enabled ? {} : { enabled }),
    };
    return Object.keys(settings).length === 0 ? name : [name, settings];
  });
}

/** In plain words, for trust. */
export function pluginWords(value: Json): string {
  const { name, settings } = read(value);
  if (settings.enabled === false) return `the plugin ${name} switched off`;
  const { options, required } = settings;
  const how = [
    ...(required === undefined ? [] : [required ? "required" : "not required"]),
    ...(options === undefined ? [] : [`with the options ${JSON.stringify(options)}`]),
  ];
  return `the plugin ${name}${how.length === 0 ? "" : `, ${how.join(", ")}`}`;
}

function read(value: Json): { name: string; settings: PluginSettings } {
  const [name, settings] = Array.isArray(value) ? value : [value, {}];
  const { options, required, enabled } = isObject(settings) ? settings : ({} as JsonObject);
  return {
    name: String(name),
    settings: {
      ...(isObject(options) ? { options } : {}),
      ...(typeof required === "boolean" ? { required } : {}),
      ...(typeof enabled === "boolean" ? { enabled } : {}),
    },
  };
}
