/** Other ways in which programs print a secret that they were given. */

/** What is shorter stands in any text, and is not hidden. */
export const shortestSecret = 6;

const shortestLine = 16;
const mostLines = 50;

/** Base64 of both alphabets, with and without its padding; percent-encoded; as in JSON; of a key in lines each line. */
export function secretForms(value: string): string[] {
  const bytes = Buffer.from(value, "utf8");
  const encoded = encodeURIComponent(value.toWellFormed());
  const lines = value
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.length >= shortestLine);
  const forms = [
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
    encoded,
    encoded.replaceAll("%20", "+"),
    JSON.stringify(value).slice(1, -1),
    ...(value.includes("\n") ? lines.slice(0, mostLines) : []),
  ];
  return forms.filter((form) => form !== value);
}
