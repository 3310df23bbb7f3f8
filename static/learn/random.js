// Random numbers that come out the same for the same seed, so that a link shows the same drawing.

// Mulberry32 (Tommy Ettinger): uniform in [0, 1), 32 bits of state.
export function uniformFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// Normal with mean 0 and variance 1, by Box and Muller (1958).
export const normalFrom = (uniform) => () =>
  Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
