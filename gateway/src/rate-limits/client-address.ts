import ipaddr from 'ipaddr.js';

/** Who has one IPv6 address has the 2^64 of its network. */
const ipv6NetworkParts = 4;

/** What is counted as one caller: an IPv4 address, or the /64 network of an IPv6 one. */
export function callerOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return `${parsed.toNormalizedString().split(':').slice(0, ipv6NetworkParts).join(':')}::/64`;
}
