// A set of 128-bit ids that answers "certainly not" or "perhaps", in 16 bits an id (about 0.05 % false answers of
// "perhaps" with 7 probes). It only saves look-ups: what it calls "perhaps" is always looked up exactly.

const BITS_PER_ID = 16;
const PROBES = 7;
const FIRST_CAPACITY = 1 << 18;

/** Grows by adding filters of twice the size, so that it never has to be built anew. */
export interface IdFilter {
  add(uuid: string): void;
  mayHave(uuid: string): boolean;
  readonly size: number;
}

export function createIdFilter(): IdFilter {
  const layers: { bits: Uint32Array; mask: number; room: number }[] = [];
  let size = 0;

  function addLayer(capacity: number): void {
    const bitCount = capacity * BITS_PER_ID;
    layers.push({ bits: new Uint32Array(bitCount / 32), mask: bitCount / 32 - 1, room: capacity });
  }
  addLayer(FIRST_CAPACITY);

  return {
    add(uuid) {
      let layer = layers.at(-1);
      if (!layer || layer.room === 0) {
        addLayer(FIRST_CAPACITY * 2 ** Math.min(layers.length, 9));
        layer = layers.at(-1);
      }
      if (!layer) return;
      layer.room--;
      size++;
      let [probe, step] = seedsOf(uuid);
      for (let i = 0; i < PROBES; i++) {
        const word = (probe >>> 5) & layer.mask;
        layer.bits[word] = (layer.bits[word] ?? 0) | (1 << (probe & 31));
        probe = (probe + step) | 0;
        step = (step + i) | 0;
      }
    },
    mayHave(uuid) {
      const [first, second] = seedsOf(uuid);
      return layers.some((layer) => {
        let probe = first;
        let step = second;
        for (let i = 0; i < PROBES; i++) {
          if (((layer.bits[(probe >>> 5) & layer.mask] ?? 0) & (1 << (probe & 31))) === 0) return false;
          probe = (probe + step) | 0;
          step = (step + i) | 0;
        }
        return true;
      });
    },
    get size() {
      return size;
    },
  };
}

// The id is a cryptographic hash already, so two pieces of it serve as the seeds of double hashing. The probe keeps
// 32 bits, which is enough for layers of up to 2^27 words.
function seedsOf(uuid: string): [number, number] {
  return [Number.parseInt(uuid.slice(0, 8), 16) | 0, Number.parseInt(uuid.slice(28, 36), 16) | 1];
}
