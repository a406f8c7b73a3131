/** What a scenario cannot know when it is written: `{{workspace}}`, `{{home}}` and `{{model}}` in any text of it. */

interface PlaceholderValues {
  workspace: string;
  home: string;
  /** The model server's base URL. */
  model: string;
}

/** A copy; keys of objects stay as they are, and so do other words in braces. */
export function withPlaces<T>(value: T, values: PlaceholderValues): T {
  return replaced(value, values) as T;
}

function replaced(value: unknown, values: PlaceholderValues): unknown {
  if (typeof value === "string")
    return value.replace(/\{\{(workspace|home|model)\}\}/g, (_, name: keyof PlaceholderValues) => values[name]);
  if (Array.isArray(value)) return value.map((part) => replaced(part, values));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, replaced(part, values)]));
}
