import * as z from "zod";

const endpoint = z
  .string()
  .max(500)
  .refine((text) => text.includes("{query}"), "must hold {query}, where the words go")
  .refine((text) => URL.canParse(text.replaceAll(/\{\w+\}/g, "x")), "must be a URL");

export const searchOptions = z.strictObject({
  /** `{query}` and `{count}` are filled in, encoded. The default is a SearXNG of your own. */
  endpoint: endpoint.default("http://localhost:8888/search?q={query}&format=json"),
  /** Where the list of results is in the answer, as `web.results`. */
  results: z
    .string()
    .regex(/^[\w-]+(\.[\w-]+)*$/)
    .default("results"),
  /** The header that takes the secret WEB_SEARCH_KEY; without it no key is read. */
  keyHeader: z
    .string()
    .regex(/^[A-Za-z][\w-]*$/)
    .optional(),
  /** In front of the key, as `Bearer `. */
  keyPrefix: z.string().max(20).default(""),
  timeoutMs: z.int().min(100).max(60_000).default(10_000),
});

export type SearchOptions = z.infer<typeof searchOptions>;
