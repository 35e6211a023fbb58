/** Lengths of bodies, around the sizes of segments, windows and buffers. */
export const lengths = [0, 1, 1459, 1460, 1461, 5000, 40_000, 65_536, 150_000, 400_000];
