import { definePlugin } from "gantry/plugin";
import { searchOptions } from "./options.ts";
import { searchWeb } from "./search.ts";

export default definePlugin({
  name: "web-search",
  description: "Searches the web through an endpoint of your choice.",
  options: () => searchOptions,
  // What the default endpoint needs; for another one the user grants its host, and the name of its key.
  permissions: {
    "net.fetch": ["GET localhost:8888"],
  },
  tools: [searchWeb],
});
