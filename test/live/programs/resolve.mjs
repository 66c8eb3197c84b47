// Asks a DNS server through Node's resolver: SERVER NAME TIMEOUT_MS TRIES. Prints
// {"addresses": [...] or null, "tookMs": N}.
import { promises as dns } from 'node:dns';

const [server, name, timeoutMs, tries] = process.argv.slice(2);
const resolver = new dns.Resolver({ timeout: Number(timeoutMs), tries: Number(tries) });
resolver.setServers([server]);
const startMs = performance.now();
const addresses = await resolver.resolve4(name).catch(() => null);
console.log(JSON.stringify({ addresses, tookMs: performance.now() - startMs }));
