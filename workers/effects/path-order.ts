/** The order of paths in results. */

/** Folder by folder, as ripgrep sorts: `a/b` comes before `a.txt`. */
export function comparePaths(a: string, b: string): number {
  const left = a.split("/");
  const right = b.split("/");
  for (let index = 0; ; index++) {
    const [x, y] = [left[index], right[index]];
    if (x === undefined || y === undefined) return (x === undefined ? 0 : 1) - (y === undefined ? 0 : 1);
    if (x !== y) return x < y ? -1 : 1;
  }
}
