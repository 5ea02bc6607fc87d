/** Of the stores of the soak, in milliseconds: shorter than some of the faults, so that all of them are seen to end. */
export const TIMEOUTS = { operation: 5_000, statement: 2_000 }
