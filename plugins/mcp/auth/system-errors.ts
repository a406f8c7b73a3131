/** The code of an error of the operating system: "ENOENT", "ECONNREFUSED"; "unknown" for any other. */
export function codeOfSystem(error: unknown): string {
  if (typeof error !== "object" || error === null) return "unknown";
  if ("code" in error && typeof error.code === "string") return error.code;
  return "cause" in error && error.cause !== error ? codeOfSystem(error.cause) : "unknown";
}
