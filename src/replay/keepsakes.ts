/**
 * What a capture says of a packet beside its bytes, kept while the engine holds the packet: its options, its
 * length on the wire, its interface. Most packets have nothing of the kind, and nothing is kept for them.
 */

export interface Keepsake {
  readonly options: Uint8Array;
  readonly wireBytes: number;
  readonly interface: number;
  /** How many packets it is for: the original, its copy. */
  holders: number;
}

export class Keepsakes {
  readonly #bySerial = new Map<number, Keepsake>();

  keep(serial: number, keepsake: Keepsake): void {
    this.#bySerial.set(serial, keepsake);
  }

  find(serial: number): Keepsake | undefined {
    return this.#bySerial.get(serial);
  }

  /** One of the packets it is for has left, or was dropped. */
  letGo(serial: number): void {
    const keepsake = this.#bySerial.get(serial);
    if (keepsake !== undefined && --keepsake.holders <= 0) this.#bySerial.delete(serial);
  }
}
