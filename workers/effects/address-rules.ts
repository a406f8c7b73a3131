/** Which network addresses are public. Everything that some table of special ranges (IANA, RFC 6890 and after) names is not. */
import { BlockList, isIP, isIPv4 } from "node:net";

type Range = readonly [address: string, bits: number, what: string];

const ranges4: readonly Range[] = [
  ["0.0.0.0", 8, "an unspecified address"],
  ["10.0.0.0", 8, "a private address"],
  ["100.64.0.0", 10, "a carrier's private address"],
  ["127.0.0.0", 8, "a loopback address"],
  // Public by its number, but a host's own platform answers there, to its machines alone: Azure's "virtual public IP"
  // (learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16). Others' lie in ranges of this table.
  ["168.63.129.16", 32, "a cloud platform's internal address"],
  ["169.254.0.0", 16, "a link-local address"],
  ["172.16.0.0", 12, "a private address"],
  ["192.0.0.0", 24, "a special-purpose address"],
  ["192.0.2.0", 24, "a documentation address"],
  ["192.31.196.0", 24, "a special-purpose address"],
  ["192.52.193.0", 24, "a special-purpose address"],
  ["192.88.99.0", 24, "a 6to4 relay's address"],
  ["192.168.0.0", 16, "a private address"],
  ["192.175.48.0", 24, "a special-purpose address"],
  ["198.18.0.0", 15, "a benchmark address"],
  ["198.51.100.0", 24, "a documentation address"],
  ["203.0.113.0", 24, "a documentation address"],
  ["224.0.0.0", 4, "a multicast address"],
  ["240.0.0.0", 4, "a reserved or broadcast address"],
];

/** Only 2000::/3 is given out at all; these are the special ranges in it, most of which lead to an IPv4 address. */
const ranges6: readonly Range[] = [
  ["2001::", 23, "a special-purpose address (Teredo, ORCHID)"],
  ["2001:db8::", 32, "a documentation address"],
  ["2002::", 16, "a 6to4 address"],
  ["2620:4f:8000::", 48, "a special-purpose address"],
  ["3fff::", 20, "a documentation address"],
  ["5f00::", 16, "a segment-routing address"],
];

/** For words only: what is not 2000::/3 is refused whether it is named here or not. */
const named6: readonly Range[] = [
  ["::1", 128, "a loopback address"],
  ["::", 128, "the unspecified address"],
  ["::ffff:0:0", 96, "an IPv4-mapped address"],
  ["64:ff9b::", 96, "a NAT64 address"],
  ["64:ff9b:1::", 48, "a NAT64 address"],
  ["fc00::", 7, "a private address"],
  ["fe80::", 10, "a link-local address"],
  ["ff00::", 8, "a multicast address"],
];

const tests4 = ranges4.map(([address, bits, what]) => ({ list: listOf(address, bits, "ipv4"), what }));
const tests6 = [...ranges6, ...named6].map(([address, bits, what]) => ({ list: listOf(address, bits, "ipv6"), what }));
const given = listOf("2000::", 3, "ipv6");
const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** What kind of address it is when it is no public one, in words; undefined for a public one. Text that is no address is none. */
export function whyNotPublic(address: string): string | undefined {
  if (isIPv4(address)) return tests4.find(({ list }) => list.check(address, "ipv4"))?.what;
  // A zone (`fe80::1%eth0`) is part of no public address.
  if (isIP(address) !== 6 || address.includes("%")) return "no plain address";
  const named = tests6.find(({ list }) => list.check(address, "ipv6"))?.what;
  return named ?? (given.check(address, "ipv6") ? undefined : "an address that is given to nobody");
}

export function isLoopback(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && loopback.check(address, family === 4 ? "ipv4" : "ipv6");
}

function listOf(address: string, bits: number, family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  list.addSubnet(address, bits, family);
  return list;
}
