/** Fails before the first test on a Node.js that the product itself would refuse. */
export default function checkNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major >= 24 || (major === 22 && minor >= 18)) return;
  throw new Error(`The tests need Node.js ^22.18 or >=24; this is ${process.versions.node}. Run them with npm test.`);
}
