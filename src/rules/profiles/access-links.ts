/**
 * Access links as users have them: `out` is the uplink, `in` the downlink, delays are one way. None
 * of these is a law of nature; each number says where it comes from, and which ones are our choice.
 */

import type { Expansion, Profile } from './profile.js';

/** The list of connections at webpagetest.org: rates down/up, round-trip time, no loss. */
const WEBPAGETEST = 'the connection of that name at webpagetest.org';

export const ACCESS_LINKS: readonly Profile[] = [
  // WebPageTest "2G": 280/256 kbit/s, 800 ms.
  link('2g', 'GPRS, the slowest mobile data', WEBPAGETEST, {
    ...{ rate: 'out:256kbit in:280kbit', queue: '50p', delay: '400ms' },
  }),
  // WebPageTest "Mobile Edge": 240/200 kbit/s, 840 ms. Apple's Network Link Conditioner has the same
  // rates and 400 + 440 ms.
  link('edge', 'EDGE, 2G at its best', WEBPAGETEST, {
    ...{ rate: 'out:200kbit in:240kbit', queue: '50p', delay: '420ms' },
  }),
  // WebPageTest "3G": 1.6 Mbit/s / 768 kbit/s, 300 ms.
  link('3g', 'UMTS on a good day', WEBPAGETEST, {
    ...{ rate: 'out:768kbit in:1600kbit', queue: '50p', delay: '150ms' },
  }),
  // WebPageTest "LTE": 12/12 Mbit/s, 70 ms.
  link('lte', 'LTE as in most places', WEBPAGETEST, {
    ...{ rate: '12mbit', queue: '50p', delay: '35ms' },
  }),
  // Ookla, "Growing and Slowing: The State of 5G Worldwide in 2021": medians of the third quarter,
  // 166.13 Mbit/s down and 21.08 Mbit/s up. The round-trip time of 40 ms is our choice.
  link('5g', '5G, worldwide medians', 'Ookla, Q3 2021 (rates); the delay is our choice', {
    ...{ rate: 'out:21mbit in:166mbit', delay: '20ms' },
  }),
  // WebPageTest "DSL": 1.5 Mbit/s / 384 kbit/s, 50 ms.
  link('dsl', 'an old DSL line', WEBPAGETEST, {
    ...{ rate: 'out:384kbit in:1500kbit', queue: '50p', delay: '25ms' },
  }),
  // WebPageTest "Cable": 5/1 Mbit/s, 28 ms.
  link('cable', 'a modest cable modem', WEBPAGETEST, {
    ...{ rate: 'out:1mbit in:5mbit', queue: '50p', delay: '14ms' },
  }),
  // Apple's Network Link Conditioner, "Wi-Fi": 40/33 Mbit/s, 1 ms each way, no loss.
  link('wifi', 'Wi-Fi close to the access point', "Wi-Fi of Apple's Network Link Conditioner", {
    ...{ rate: 'out:33mbit in:40mbit', delay: '1ms' },
  }),
  // The same link. That Wi-Fi loses in bursts is measured often (Carvalho et al., "A New Packet Loss
  // Model of the IEEE 802.11g Wireless Network", 2005); 2%, bursts of 3, and a delay that retries
  // stretch to 2–18 ms are our choice.
  link(
    'lossy-wifi',
    'Wi-Fi two walls away',
    "wifi's rates; loss, delay and jitter are our choice",
    {
      ...{ loss: '2% burst 3', rate: 'out:33mbit in:40mbit', delay: '10ms', jitter: '8ms' },
    },
  ),
  // RFC 2488 section 2: at least 558 ms of propagation; with what the ground stations add, 600 ms is
  // customary. Rates: Ookla, Q3 2021, medians of HughesNet (19.30/2.54 Mbit/s) and Viasat (18.75/2.96),
  // rounded up.
  link(
    'satellite-geo',
    'a geostationary satellite',
    'RFC 2488 (delay); Ookla, Q3 2021, medians of two operators (rates)',
    { rate: 'out:3mbit in:20mbit', delay: '300ms' },
  ),
  // Ookla, Starlink in the USA, Q1 2025: medians of 104.71 Mbit/s down, 14.84 up, 45 ms. Huston, "A
  // transport protocol's view of Starlink" (APNIC, 2024): each 15 s a terminal gets another satellite
  // (also arXiv 2310.09242), with some loss there; successive round-trip times differ by 6.7 ms on the
  // average, which ±7 ms in each direction give; 1 to 2% are lost without congestion. That 100 ms of
  // each 15 s (0.7%) and 0.5% of the rest make up that loss is our choice.
  link(
    'starlink',
    'Starlink, with another satellite each 15 s',
    'Ookla, Q1 2025 (rates, delay); Huston, APNIC 2024 (jitter, loss, 15 s); how they are lost is our choice',
    {
      ...{ outage: 'on 14.9s off 100ms', loss: '0.5%', rate: 'out:15mbit in:105mbit' },
      ...{ delay: '22.5ms', jitter: '7ms' },
    },
  ),
];

function link(name: string, summary: string, source: string, expansion: Expansion): Profile {
  return { name, summary, source, parameters: [], expand: () => expansion };
}
