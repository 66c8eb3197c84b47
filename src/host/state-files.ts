/** How the files are called that remember forwarding settings (forwarding.ts); a leaf, cheap to load. */
export const FORWARDING_STATE = 'forwarding-';
