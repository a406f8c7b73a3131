/** Where relative paths of a line start when it changes folders: each `cd` may succeed or fail, and the strictest place counts. */

/** More changes of folder than these are not followed. */
const maxFolders = 3;

/** The file in each folder that the line may stand in; unknown too, where nobody knows all of those. */
export function inFolders<T extends { target: string | undefined }>(
  file: T,
  folders: readonly (string | undefined)[],
): (T & { from?: string })[] {
  if (folders.length === 0 || file.target === undefined || isFixed(file.target)) return [file];
  const places = placesOf(folders);
  return places === undefined ? [file, { ...file, target: undefined }] : [file, ...places.map((place) => within(file, place))];
}

/** Upwards, a path starts where links of the folder lead, which only the disk can say. */
function within<T extends { target: string | undefined }>(file: T, place: string): T & { from?: string } {
  const isUpward = file.target?.split("/").includes("..") === true;
  return isUpward ? { ...file, from: place } : { ...file, target: `${place}/${file.target}` };
}

/** Each folder that the changes, taken in order, may lead to; undefined when nobody knows. */
export function placesOf(folders: readonly (string | undefined)[]): string[] | undefined {
  if (folders.length > maxFolders) return undefined;
  let places = [""];
  for (const folder of folders) {
    if (folder === undefined) return undefined;
    places = [...places, ...places.map((place) => (isFixed(folder) || place === "" ? folder : `${place}/${folder}`))];
  }
  return [...new Set(places)].filter((place) => place !== "");
}

function isFixed(path: string): boolean {
  return /^(?:\/|~\/|~$)/.test(path);
}
