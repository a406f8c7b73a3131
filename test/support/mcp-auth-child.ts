/** A process with a token that is refused: asks once, and tells the status. Arguments: the server's URL, the token folder. */
import { call, makeAuth } from "./mcp-auth.ts";

const [url, folder] = process.argv.slice(2);
if (url === undefined || folder === undefined) throw new Error("a URL and a folder are needed");
const server = new URL(url);
process.send?.(await call(makeAuth(server, { folder }).auth, server));
process.disconnect();
