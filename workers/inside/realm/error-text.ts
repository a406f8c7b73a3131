/** What anything that was thrown says. Never throws itself. */

const maxMessageChars = 2000;

/** The text of anything that was thrown, cut to what a frame takes. */
export function messageOf(error: unknown): string {
  const text = textOf(error) || "It failed without a message.";
  return text.length > maxMessageChars ? `${text.slice(0, maxMessageChars - 1)}…` : text;
}

function textOf(error: unknown): string {
  try {
    if (typeof error !== "object" || error === null) return String(error);
    const { message, name } = error as { message?: unknown; name?: unknown };
    if (typeof message !== "string") return String(error);
    return typeof name === "string" && name !== "Error" && name !== "GantryError" ? `${name}: ${message}` : message;
  } catch {
    return "It failed, and its error cannot be read.";
  }
}
