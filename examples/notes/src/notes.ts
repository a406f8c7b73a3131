/**
 * Notes in the plugin's storage, one key each, so that a session and a command that write at the same time lose nothing.
 * A key is `note:<time>:<id>`: sorted by age, and the newest are found without reading the others.
 */
import { GantryError } from "gantry/errors";
import type { Json, StorageEffects } from "gantry/plugin";

export interface Note {
  id: string;
  at: string;
  text: string;
  tags: string[];
}

const prefix = "note:";
const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

export async function addNote(storage: StorageEffects, { text, tags }: { text: string; tags: string[] }): Promise<Note> {
  const note: Note = { id: newId(), at: new Date().toISOString(), text: text.trim(), tags: [...new Set(tags)].sort() };
  await storage.set(`${prefix}${note.at}:${note.id}`, { ...note });
  return note;
}

/** Newest first; reads no more notes than it hands out. */
export async function* newestNotes(storage: StorageEffects): AsyncGenerator<Note> {
  for (const key of (await storage.keys(prefix)).reverse()) {
    const note = noteOf(await storage.get(key));
    if (note !== undefined) yield note;
  }
}

/** By its id, or the only one whose id begins so. */
export async function findNote(storage: StorageEffects, id: string): Promise<{ key: string; note: Note } | undefined> {
  const keys = await storage.keys(prefix);
  const wanted = keys.filter((key) => idOf(key).startsWith(id));
  if (wanted.length > 1)
    throw new GantryError("USAGE_INVALID", `${id} begins the ids of ${wanted.length} notes: ${wanted.map(idOf).join(", ")}`);
  const [key] = wanted;
  const note = key === undefined ? undefined : noteOf(await storage.get(key));
  return key === undefined || note === undefined ? undefined : { key, note };
}

export function lineOf(note: Note): string {
  const [first = "", ...more] = note.text.split("\n");
  const tags = note.tags.map((tag) => ` #${tag}`).join("");
  return `${note.id}  ${note.at.slice(0, 10)}  ${first}${more.length > 0 ? " …" : ""}${tags}`;
}

function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  return [...bytes].map((byte) => alphabet[byte % alphabet.length]).join("");
}

function idOf(key: string): string {
  return key.slice(key.lastIndexOf(":") + 1);
}

// What is stored may be from another version of this plugin.
function noteOf(value: Json | undefined): Note | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { id, at, text, tags } = value;
  if (typeof id !== "string" || typeof at !== "string" || typeof text !== "string") return undefined;
  return { id, at, text, tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [] };
}
